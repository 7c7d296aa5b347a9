// React 19, which sets properties and listens to events of custom elements by itself.
import { type DetailedHTMLProps, type HTMLAttributes, type SubmitEvent, useRef, useState } from "react";
import { createRoot } from "react-dom/client";
// From https://inbox.example.com/porthole.d.ts
import type { Brand, Mode, PortholeEventMap, PortholeInbox } from "./porthole";

type InboxProps = DetailedHTMLProps<HTMLAttributes<PortholeInbox>, PortholeInbox> & {
  src: string;
  mode?: Mode;
  brand?: Brand;
} & { [Type in keyof PortholeEventMap as `on${Type}`]?: (event: PortholeEventMap[Type]) => void };

declare module "react" {
  namespace JSX {
    interface IntrinsicElements {
      "porthole-inbox": InboxProps;
    }
  }
}

const brand: Brand = { accent: "#7a3ea1", radius: 4 };

function App() {
  const inbox = useRef<PortholeInbox>(null);
  const [unread, setUnread] = useState("");
  const [mode, setMode] = useState<Mode>("light");
  const [news, setNews] = useState("");

  const find = async (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const phone = String(new FormData(event.currentTarget).get("phone"));
    try {
      await inbox.current?.openContact({ phone_number: phone });
    } catch (error) {
      setNews((error as Error).message);
    }
  };

  return (
    <div style={{ display: "grid", gridTemplateRows: "auto minmax(0, 1fr)", height: "100dvh" }}>
      <header style={{ display: "flex", gap: 16, alignItems: "center" }}>
        <h1>
          Messages <output>{unread}</output>
        </h1>
        <form onSubmit={find}>
          <label>
            Phone number <input name="phone" type="tel" required />
          </label>
          <button>Open</button>
        </form>
        <label>
          <input type="checkbox" onChange={({ target }) => inbox.current?.setFilters({ unread: target.checked })} />
          Unread only
        </label>
        <label>
          <input type="checkbox" onChange={({ target }) => setMode(target.checked ? "dark" : "light")} /> Dark
        </label>
        <p role="status">{news}</p>
      </header>
      <porthole-inbox
        ref={inbox}
        src="https://inbox.example.com/embed/TOKEN"
        mode={mode}
        brand={brand}
        onunread={({ detail: { count, more } }) => setUnread(more ? `${count}+` : `${count}`)}
        onmessage-received={({ detail }) => setNews(`${detail.contact.name} wrote`)}
        onhandoff-requested={({ detail }) => setNews(`${detail.contact.name} waits for a person`)}
      />
    </div>
  );
}

createRoot(document.getElementById("app") as HTMLElement).render(<App />);
