import { runService } from "../../src/process.ts";

await runService("broken", async () => {
  setTimeout(() => Promise.reject(new Error("nobody caught this")), 50);
  return { [Symbol.asyncDispose]: async () => {} };
});
