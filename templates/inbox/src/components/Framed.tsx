import type { ComponentChildren } from "preact";

interface Props {
  header: string | undefined;
  footer: string | undefined;
  children: ComponentChildren;
}

/** The words of a message that may have a line above and one below them. */
export function Framed({ header, footer, children }: Props) {
  return (
    <>
      {header && (
        <strong class="text" dir="auto">
          {header}
        </strong>
      )}
      {children}
      {footer && (
        <small class="text" dir="auto">
          {footer}
        </small>
      )}
    </>
  );
}
