/** Always heard. Seen once above what one colleague writes: for the rest, the side that a bubble is on tells enough. */
export function Author({ name, shown }: { name: string; shown: boolean }) {
  return (
    <span class={shown ? "author" : "visually-hidden"} dir="auto">
      {name}
    </span>
  );
}
