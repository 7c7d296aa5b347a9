import { findLinks } from "./links";

/** WhatsApp's own formatting and links, parsed to plain data: components turn it into elements, never into HTML text. */
export type Mark = "strong" | "em" | "s" | "code";
export type Rich = string | { mark: Mark; content: Rich[] } | { href: string; text: string };

/** Lines that belong together. */
export type Block =
  | { kind: "text" | "quote"; content: Rich[] }
  | { kind: "bullets"; items: Rich[][] }
  | { kind: "numbers"; items: { number: number; content: Rich[] }[] }
  | { kind: "code"; text: string };

const marks: Readonly<Record<string, Mark>> = { "*": "strong", _: "em", "~": "s" };
const fence = "```";

/** A text of several lines: code between fences, and lists and quotes by how their lines begin. */
export function parseBlocks(text: string): Block[] {
  const blocks: Block[] = [];
  let done = 0;
  for (const { 0: whole, 1: code = "", index } of text.matchAll(/```([\s\S]+?)```/g)) {
    if (!code.includes("\n")) continue;
    blocks.push(...parseLines(text.slice(done, index).replace(/\n$/, "")), {
      kind: "code",
      text: code.replace(/^\n|\n$/g, ""),
    });
    done = index + whole.length;
    if (text[done] === "\n") done += 1;
  }
  return [...blocks, ...parseLines(text.slice(done))];
}

const beginnings = {
  quote: /^> ?(?=.*\S)/,
  bullets: /^[*-] (?=.*\S)/,
  numbers: /^(\d{1,3})\. (?=.*\S)/,
  text: /^/,
} as const;

type LineKind = keyof typeof beginnings;

const kinds = Object.keys(beginnings) as LineKind[];
const kindOf = (line: string) => kinds.find((kind) => beginnings[kind].test(line)) ?? "text";

function parseLines(text: string): Block[] {
  if (text === "") return [];
  const groups: { kind: LineKind; lines: string[] }[] = [];
  for (const line of text.split("\n")) {
    const kind = kindOf(line);
    const last = groups.at(-1);
    if (last?.kind === kind) last.lines.push(line);
    else groups.push({ kind, lines: [line] });
  }
  return groups.map(({ kind, lines }): Block => {
    const bare = lines.map((line) => line.replace(beginnings[kind], ""));
    if (kind === "bullets") return { kind, items: bare.map(parseRich) };
    if (kind !== "numbers") return { kind, content: parseRich(bare.join("\n")) };
    const number = (line: string) => Number(beginnings.numbers.exec(line)?.[1]);
    return {
      kind,
      items: lines.map((line, index) => ({ number: number(line), content: parseRich(bare[index] ?? "") })),
    };
  });
}

/**
 * What stands within lines, in one pass. A mark opens at a word's start and closes at a word's end, on the same line,
 * around text that does not begin or end with space.
 */
export function parseRich(text: string): Rich[] {
  const tree = new Tree();
  const links = findLinks(text);
  let done = 0;
  const take = (start: number, end: number, part: Rich) => {
    tree.add(text.slice(done, start));
    tree.add(part);
    done = end;
  };
  // Signs inside an address belong to the address; an address inside code is code.
  let next = 0;
  const takeLinks = (until: number) => {
    for (let link = links[next]; link && link.start < until; link = links[next]) {
      const { start, end, href } = link;
      if (start >= done) take(start, end, { href, text: text.slice(start, end) });
      next += 1;
    }
  };
  for (const { 0: sign, index } of text.matchAll(/[*_~`\n]/g)) {
    takeLinks(index);
    if (index < done) continue;
    if (sign === "`") {
      const code = codeAt(text, index);
      if (code) take(index, code.end, { mark: "code", content: [code.text] });
      continue;
    }
    tree.add(text.slice(done, index));
    done = index + 1;
    if (sign === "\n") tree.endLine();
    const closes = endsWord(text, index) && tree.close(sign);
    if (!closes && !(beginsWord(text, index) && tree.open(sign))) tree.add(sign);
  }
  takeLinks(text.length);
  tree.add(text.slice(done));
  return tree.end();
}

const beginsWord = (text: string, index: number) =>
  /^\S/.test(text.slice(index + 1, index + 2)) &&
  !/[\p{L}\p{M}\p{N}]$/u.test(text.slice(Math.max(0, index - 2), index));

const endsWord = (text: string, index: number) =>
  /\S$/.test(text.slice(Math.max(0, index - 1), index)) && !/^[\p{L}\p{N}]/u.test(text.slice(index + 1, index + 3));

/** The code that begins here with one backtick, on one line, or with three. */
function codeAt(text: string, index: number): { text: string; end: number } | null {
  const fenced = text.startsWith(fence, index) ? text.indexOf(fence, index + fence.length + 1) : -1;
  if (fenced > 0) return { text: text.slice(index + fence.length, fenced), end: fenced + fence.length };
  const end = text.indexOf("`", index + 1);
  const code = text.slice(index + 1, end);
  return end < 0 || code === "" || code.includes("\n") ? null : { text: code, end: end + 1 };
}

/** The tree as it grows: what is open lies in what was opened before it, each mark at most once. */
class Tree {
  private readonly root: Rich[] = [];
  private readonly opened: { sign: string; content: Rich[] }[] = [];

  add(part: Rich): void {
    const content = this.opened.at(-1)?.content ?? this.root;
    const last = content.at(-1);
    if (part === "") return;
    if (typeof part === "string" && typeof last === "string") content[content.length - 1] = last + part;
    else content.push(part);
  }

  open(sign: string): boolean {
    if (!marks[sign] || this.opened.some((span) => span.sign === sign)) return false;
    this.opened.push({ sign, content: [] });
    return true;
  }

  /** Whether there was something to close; what was opened within it and not closed is mere text. */
  close(sign: string): boolean {
    const mark = marks[sign];
    const depth = this.opened.findIndex((span) => span.sign === sign);
    if (!mark || depth < 0) return false;
    while (this.opened.length > depth + 1) this.spill();
    if (this.opened[depth]?.content.length === 0) return false;
    this.add({ mark, content: this.opened.pop()?.content ?? [] });
    return true;
  }

  endLine(): void {
    while (this.opened.length > 0) this.spill();
  }

  end(): Rich[] {
    this.endLine();
    return this.root;
  }

  private spill(): void {
    const span = this.opened.pop();
    this.add(span?.sign ?? "");
    for (const part of span?.content ?? []) this.add(part);
  }
}

/** The words without the signs that format them, for where there is only one line. */
export function plainText(text: string): string {
  const words = (part: Rich): string =>
    typeof part === "string" ? part : "href" in part ? part.text : part.content.map(words).join("");
  return parseRich(text).map(words).join("");
}
