const bars = (count: number) => Array.from({ length: count }, (_, index) => index);

export function ListSkeleton({ label }: { label: string }) {
  return (
    <div class="skeleton" role="status" aria-label={label}>
      {bars(8).map((index) => (
        <div key={index} class="row">
          <span class="avatar bone" />
          <span class="row-body">
            <span class="bone bone-name" />
            <span class="bone bone-line" />
          </span>
        </div>
      ))}
    </div>
  );
}

export function ThreadSkeleton({ label }: { label: string }) {
  return (
    <div class="log skeleton" role="status" aria-label={label}>
      {bars(6).map((index) => (
        <div key={index} class={`message ${index % 3 === 1 ? "outbound" : "inbound"}`}>
          <span class={`bone bone-bubble bone-${index % 3}`} />
        </div>
      ))}
    </div>
  );
}
