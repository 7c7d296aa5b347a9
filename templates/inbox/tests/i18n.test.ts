import { expect, test } from "vitest";

type Words = Readonly<Record<string, string | Readonly<Record<string, string>>>>;

const files = import.meta.glob<Record<string, Words>>("../src/i18n/**/??.ts", { eager: true });
const gaps = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort();

/** The words of a language and those of English, for each of the dictionaries. */
const pairs = Object.entries(files).map(([path, module]): [string, Words, Words] => {
  const [own] = Object.values(module);
  const [english] = Object.values(files[path.replace(/\w+\.ts$/, "en.ts")] ?? {});
  return [path, own ?? {}, english ?? {}];
});

test("there are six languages in each dictionary", () => expect(pairs).toHaveLength(30));

test.each(pairs)("%s fills in what English does", (_, own, english) => {
  for (const [key, words] of Object.entries(own)) {
    const [first = ""] = Object.values(english[key] ?? {}).slice(-1);
    const wanted = gaps(typeof english[key] === "string" ? `${english[key]}` : first);
    if (typeof words === "string") expect(gaps(words), key).toEqual(wanted);
    // One, two and none may be said without their number.
    else expect(gaps(words.other ?? ""), key).toEqual(wanted);
  }
});
