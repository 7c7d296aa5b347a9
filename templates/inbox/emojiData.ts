import type { Plugin } from "vite";

/** Emoji that phones of the last three years can draw. */
const newest = 15;

interface Group {
  slug: string;
  emojis: { emoji: string; name: string; emoji_version: string; skin_tone_support_unicode_version?: string }[];
}

interface Annotations {
  annotations: { annotations: Record<string, { default?: string[]; tts?: string[] }> };
}

/** With `?emoji` behind it, a file of the packages of emoji holds only what the picker shows and searches. */
export function emojiData(): Plugin {
  return {
    name: "emoji-data",
    enforce: "pre",
    transform(code, id) {
      if (!id.endsWith(".json?emoji")) return;
      const data: Group[] | Annotations = JSON.parse(code);
      const json = JSON.stringify(Array.isArray(data) ? data.map(reduced) : words(data));
      return { code: `export default JSON.parse(${JSON.stringify(json)});`, moduleType: "js", map: null };
    },
  };
}

function reduced({ slug, emojis }: Group) {
  const known = emojis.filter((one) => Number(one.emoji_version) <= newest);
  return {
    name: slug,
    emojis: known.map((one) => one.emoji),
    // Of parts of countries there are three, and their names are names.
    parts: known
      .filter((one) => one.emoji.endsWith("\u{E007F}"))
      .map((one) => [one.emoji, one.name.replace("flag ", "")]),
    toned: known.filter((one) => Number(one.skin_tone_support_unicode_version) <= newest).map((one) => one.emoji),
  };
}

const isEmoji = /^[\p{Emoji_Presentation}\p{Extended_Pictographic}]/u;

/** By emoji: its name, and what else it may be found by. */
function words({ annotations: { annotations } }: Annotations): Record<string, [string, string]> {
  const named = Object.entries(annotations).filter(([emoji, { tts }]) => isEmoji.test(emoji) && tts);
  return Object.fromEntries(
    named.map(([emoji, { tts = [], default: more = [] }]) => [emoji, [tts.join(" "), more.join(" ")]]),
  );
}
