import { expect, test } from "bun:test";
import { sideBySide } from "./side-by-side.ts";

const signal = new AbortController().signal;

test("all begin at once, and their values come in order", async () => {
  const begun: string[] = [];
  const task = (name: string, ms: number) => async () => {
    begun.push(name);
    await Bun.sleep(ms);
    return [name, begun.length];
  };
  expect(await sideBySide(signal, [task("slow", 20), task("fast", 1)])).toEqual([
    ["slow", 2],
    ["fast", 2],
  ]);
});

test("one that fails calls the others off and waits for them", async () => {
  let ended = false;
  const failing = async () => {
    throw new Error("first");
  };
  const stopped = async (either: AbortSignal) => {
    await new Promise((resolve) => either.addEventListener("abort", resolve));
    ended = true;
    throw new Error("second");
  };
  await expect(sideBySide<never>(signal, [stopped, failing])).rejects.toThrow("first");
  expect(ended).toBe(true);
});

test("whoever calls off the whole calls off each", async () => {
  const controller = new AbortController();
  const task = (either: AbortSignal) =>
    new Promise<string>((resolve) => either.addEventListener("abort", () => resolve("stopped")));
  const both = sideBySide(controller.signal, [task, task]);
  controller.abort();
  expect(await both).toEqual(["stopped", "stopped"]);
});
