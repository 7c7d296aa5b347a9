// /porthole.js: what a host's page loads. It shares no code with the page in the frame, so that it stays one file.
import type { Brand, Filters, FromInbox, Mode, Person, PortholeFailure, PortholeInbox } from "./declarations";
import { type Command, failure, Line, plain } from "./line";

const tag = "porthole-inbox";
const modes: readonly Mode[] = ["system", "light", "dark"];
/** What is there before a framework knows the element is set on it as a plain property. */
const properties = ["src", "mode", "brand"] as const;

/** It fills what it stands in, and any rule of the page's own overrules that. */
const sheet = new CSSStyleSheet();
sheet.replaceSync(
  `:where(${tag}){display:block;height:100%}:where(${tag})>iframe{display:block;width:100%;height:100%;border:0}`,
);

class Inbox extends HTMLElement implements PortholeInbox {
  static readonly observedAttributes = ["src", "mode", "title"];

  #frame: HTMLIFrameElement | undefined;
  #line: Line | undefined;
  #brand: Brand | null = null;
  /** The address that the frame was made for, without its fragment. */
  #page: string | undefined;
  /** The frame, which is loaded anew with the fragment that it had, may have to be told of another one. */
  #fragmentIsNew = false;

  connectedCallback(): void {
    for (const name of properties) this.#upgrade(name);
    const root = this.getRootNode();
    if ((root instanceof Document || root instanceof ShadowRoot) && !root.adoptedStyleSheets.includes(sheet))
      root.adoptedStyleSheets.push(sheet);
    this.#show();
  }

  disconnectedCallback(): void {
    this.#clear();
  }

  attributeChangedCallback(name: string): void {
    if (!this.isConnected) return;
    if (name === "src") this.#show();
    else if (name === "mode") this.#sayMode();
    else if (this.#frame) this.#frame.title = this.title;
  }

  get src(): string {
    return this.getAttribute("src") ?? "";
  }

  set src(address: string) {
    this.setAttribute("src", address);
  }

  get mode(): Mode | null {
    return modeOf(this.getAttribute("mode"));
  }

  set mode(mode: Mode | null) {
    if (mode === null) this.removeAttribute("mode");
    else this.setAttribute("mode", mode);
  }

  get brand(): Brand | null {
    return this.#brand;
  }

  set brand(brand: Brand | null) {
    this.#brand = brand && plain(brand);
    this.#line?.say({ porthole: 1, type: "set-brand", brand: this.#brand ?? {} });
  }

  setFilters(filters: Filters): Promise<void> {
    return this.#ask({ porthole: 1, type: "set-filters", filters });
  }

  openConversation(id: string): Promise<void> {
    return this.#ask({ porthole: 1, type: "open-conversation", conversation_id: id });
  }

  openContact(person: Person): Promise<void> {
    return this.#ask({ porthole: 1, type: "open-contact", contact: person });
  }

  #ask(command: Command): Promise<void> {
    const nowhere = { code: "unavailable", error: `<${tag}> is on no page, or has no src` } as const;
    return this.#line?.ask(command) ?? Promise.reject(failure(nowhere));
  }

  #sayMode(): void {
    const mode = this.mode ?? modeOf(addressOf(this.src)?.searchParams.get("mode"));
    this.#line?.say({ porthole: 1, type: "set-mode", mode });
  }

  /** To the page as it is: its address may be another by now than the one that the frame was made for. */
  #sayUser(): boolean {
    return !!this.#line?.sayUser(new URLSearchParams(addressOf(this.src)?.hash.slice(1)).get("user"));
  }

  /** A change of the fragment alone, a fresh user claim for one, does not make another frame. */
  #show(): void {
    const address = addressOf(this.src);
    const page = address?.href.split("#")[0];
    if (address && this.#frame && page === this.#page) {
      this.#fragmentIsNew = true;
      if (!this.#sayUser()) this.#frame.src = `${this.#frame.src.split("#")[0]}${address.hash}`;
      return;
    }
    this.#clear();
    if (!address) return;
    this.#page = page;
    this.#fragmentIsNew = false;
    // In the address the theme is there at the first paint.
    if (this.mode) address.searchParams.set("mode", this.mode);
    const frame = document.createElement("iframe");
    frame.title = this.title || "WhatsApp inbox";
    frame.allow = "clipboard-write; geolocation; microphone";
    frame.src = address.href;
    this.#frame = frame;
    this.#line = new Line(frame, address.origin, {
      onMessage: (message) => this.#tell(message),
      onSilence: (failure) => this.#fail(failure),
    });
    this.append(frame);
  }

  #clear(): void {
    this.#line?.end();
    this.#frame?.remove();
    this.#line = this.#frame = this.#page = undefined;
  }

  #tell({ porthole: _, type, ...detail }: FromInbox): void {
    if (type === "ready") {
      this.#sayMode();
      if (this.#fragmentIsNew) this.#sayUser();
      if (this.#brand) this.brand = this.#brand;
      if ("embed" in detail && this.#frame && !this.title && detail.embed.name) this.#frame.title = detail.embed.name;
    }
    if (type === "error") this.#fail(detail as PortholeFailure);
    else if (type !== "done") this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  #fail(detail: PortholeFailure): void {
    const heard = !this.dispatchEvent(new CustomEvent("error", { detail, cancelable: true }));
    // biome-ignore lint/suspicious/noConsole: whoever builds the page has to see it, and its visitors need not
    if (!heard) console.warn(`<${tag}>: ${detail.error}`, detail.errors ?? "");
  }

  #upgrade(name: (typeof properties)[number]): void {
    if (!Object.hasOwn(this, name)) return;
    const value = this[name];
    delete (this as Partial<Record<typeof name, unknown>>)[name];
    Object.assign(this, { [name]: value });
  }
}

/** As the inbox reads it in its address (theme.ts). */
function modeOf(text: string | null | undefined): Mode | null {
  return modes.find((mode) => mode === text?.trim().toLowerCase()) ?? null;
}

function addressOf(src: string): URL | null {
  if (!src || !URL.canParse(src, document.baseURI)) return null;
  const address = new URL(src, document.baseURI);
  return address.protocol.startsWith("http") ? address : null;
}

if (!customElements.get(tag)) customElements.define(tag, Inbox);
