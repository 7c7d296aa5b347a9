import "../styles/shortcuts.css";
import { type ToolKey, w } from "../i18n/tools";
import { allowPlainKeys, helpOpen, plainKeys } from "../shortcuts";
import { ToolDialog } from "./compose/ToolDialog";

interface Group {
  title: ToolKey;
  keys: (readonly [ToolKey, ...string[]])[];
}

const command = /Mac|iP(ad|hone)/.test(navigator.platform) ? "⌘" : "Ctrl";
const alt = command === "⌘" ? "⌥" : "Alt";

/** Each key as it is engraved; “+” joins those that are held together, and several ways stand side by side. */
const groups: Group[] = [
  {
    title: "keys.everywhere",
    keys: [
      ["keys.search", "/", `${command}+K`],
      ["keys.next", `${alt}+↓`],
      ["keys.previous", `${alt}+↑`],
      ["keys.nextUnread", `${alt}+⇧+↓`],
      ["keys.previousUnread", `${alt}+⇧+↑`],
      ["keys.details", "I"],
      ["keys.leave", "Esc"],
      ["keys.help", "?", `${command}+/`],
    ],
  },
  {
    title: "keys.list",
    keys: [
      ["keys.move", "↑", "↓"],
      ["keys.page", "Page ↑", "Page ↓"],
      ["keys.ends", "Home", "End"],
      ["keys.open", "↵"],
    ],
  },
  {
    title: "keys.thread",
    keys: [
      ["keys.move", "↑", "↓"],
      ["keys.ends", "Home", "End"],
      ["keys.tools", "Tab"],
      ["keys.field", "Esc"],
    ],
  },
  {
    title: "keys.reply",
    keys: [
      ["keys.send", "↵"],
      ["keys.line", "⇧+↵"],
      ["keys.canned", "/"],
      ["keys.bold", `${command}+B`],
      ["keys.italic", `${command}+I`],
      ["keys.strike", `${command}+⇧+X`],
    ],
  },
  {
    title: "keys.viewer",
    keys: [
      ["keys.turn", "←", "→"],
      ["keys.ends", "Home", "End"],
      ["keys.zoom", "+", "−"],
      ["keys.whole", "0"],
    ],
  },
];

export function ShortcutsDialog() {
  const close = () => {
    helpOpen.value = false;
  };
  return (
    <ToolDialog title={w("keys.title")} onClose={close}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it must scroll by keyboard */}
      <section class="shortcuts" tabIndex={0} aria-label={w("keys.title")}>
        {groups.map(({ title, keys }) => (
          <section key={title}>
            <h3>{w(title)}</h3>
            <dl>
              {keys.map(([label, ...ways]) => (
                <div key={label}>
                  <dt>{w(label)}</dt>
                  <dd>
                    {ways.map((way) => (
                      <Chord key={way} keys={way === "+" ? [way] : way.split("+")} />
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </section>
      <footer class="dialog-foot">
        <label class="shortcuts-plain">
          <input
            type="checkbox"
            checked={plainKeys.value}
            onChange={(event) => allowPlainKeys(event.currentTarget.checked)}
          />
          {w("keys.plain")}
        </label>
      </footer>
    </ToolDialog>
  );
}

function Chord({ keys }: { keys: string[] }) {
  return (
    <span class="chord" dir="ltr">
      {keys.map((key) => (
        <kbd key={key}>{key}</kbd>
      ))}
    </span>
  );
}
