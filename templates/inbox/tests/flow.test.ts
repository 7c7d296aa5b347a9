import { expect, test } from "vitest";
import { flowAnswers } from "../src/flow";

const read = (answers: unknown) => flowAnswers(JSON.stringify(answers));

test("the fields of Meta's form builder lose what the builder adds to their names", () => {
  expect(read({ screen_0_First_name_0: "Ana", screen_1_How_was_it_1: "0_Very_good", flow_token: "secret" })).toEqual([
    ["First name", "Ana"],
    ["How was it", "Very good"],
  ]);
});

test("other names become words, and their values stay as they are", () => {
  expect(read({ zipCode: "0_1_2", "delivery-day": "", last_name: "O_Neil", ways: ["a", "b"], count: 3 })).toEqual([
    ["Zip Code", "0_1_2"],
    ["Last name", "O_Neil"],
    ["Ways", "a, b"],
    ["Count", "3"],
  ]);
});

test("what is nested stands beside the rest, files by their names and choices as words", () => {
  expect(
    read({ address: { street: "Main St", deep: { city: "Rome" } }, file: [{ file_name: "id.pdf" }], news: true }),
  ).toEqual([
    ["Street", "Main St"],
    ["City", "Rome"],
    ["File", "id.pdf"],
    ["News", "Yes"],
  ]);
});

test("an answer that cannot be read is none", () => {
  for (const broken of ["{", "[1]", '"text"', "null", "", undefined, 5, { deep: null }])
    expect(flowAnswers(broken)).toEqual([]);
});

test("a form without end is cut", () => {
  const many = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`field ${index}`, "x"]));
  expect(read(many)).toHaveLength(100);
  const nested = Array.from({ length: 50 }).reduce<object>((inner) => ({ inner }), { end: "x" });
  expect(read(nested)).toEqual([]);
});
