import type { ComponentChildren } from "preact";

interface Props {
  icon: ComponentChildren;
  title: string;
  body: string;
  action?: { label: string; run: () => void };
  alert?: boolean;
  /** It is all that the page shows. */
  page?: boolean;
}

/** A panel that has nothing to show says why, and what can be done about it. */
export function Notice({ icon, title, body, action, alert = false, page = false }: Props) {
  const Title = page ? "h1" : "h2";
  return (
    <div class="notice" role={alert ? "alert" : undefined}>
      <span class="notice-icon">{icon}</span>
      <Title>{title}</Title>
      <p>{body}</p>
      {action && (
        <button type="button" class="button" onClick={action.run}>
          {action.label}
        </button>
      )}
    </div>
  );
}
