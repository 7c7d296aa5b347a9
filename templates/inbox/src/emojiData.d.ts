/** What emojiData.ts makes of the packages of emoji. */
declare module "unicode-emoji-json/*?emoji" {
  const groups: readonly {
    name: string;
    emojis: readonly string[];
    toned: readonly string[];
    /** Flags of parts of countries, and whose they are. */
    parts: readonly (readonly [emoji: string, name: string])[];
  }[];
  export default groups;
}

declare module "cldr-annotations-full/*?emoji" {
  const words: Readonly<Record<string, readonly [name: string, more: string]>>;
  export default words;
}
