import { expect, test } from "bun:test";
import { loginOf } from "./login.ts";

const hour = 60 * 60 * 1_000;

function passwordLogin(takeTicket: () => Promise<string>, now: () => number) {
  const login = loginOf({ by: "password", user: "root@pam", password: "p" }, takeTicket, now);
  if (!login) throw new Error("There is no login.");
  return login;
}

test("a ticket is taken anew after an hour, before the server's two are over", async () => {
  let time = 0;
  let taken = 0;
  const login = passwordLogin(
    async () => `ticket${++taken}`,
    () => time,
  );
  expect(await login.headers()).toEqual({ cookie: "PVEAuthCookie=ticket1" });
  time = hour - 1;
  expect(await login.headers()).toEqual({ cookie: "PVEAuthCookie=ticket1" });
  time = hour;
  expect(await login.headers()).toEqual({ cookie: "PVEAuthCookie=ticket2" });
});

test("a login that failed is tried again by the next read", async () => {
  let tries = 0;
  const login = passwordLogin(
    async () => {
      if (++tries === 1) throw new Error("no answer");
      return "t";
    },
    () => 0,
  );
  await expect(login.headers()).rejects.toThrow("no answer");
  expect(await login.headers()).toEqual({ cookie: "PVEAuthCookie=t" });
});

test("an old ticket that is refused does not throw away the new one", async () => {
  let taken = 0;
  const login = passwordLogin(
    async () => `t${++taken}`,
    () => 0,
  );
  const old = await login.headers();
  expect(login.refused(old)).toBe(true);
  const current = await login.headers();
  expect(login.refused(old)).toBe(true);
  expect(await login.headers()).toBe(current);
});

test("a token's header never changes, and asking again with it makes no sense", async () => {
  const login = loginOf({ by: "token", id: "a@pve!b", secret: "s" }, async () => "unused");
  const headers = await login?.headers();
  expect(headers).toEqual({ authorization: "PVEAPIToken=a@pve!b=s" });
  expect(login?.refused(headers ?? {})).toBe(false);
  expect(loginOf(null, async () => "unused")).toBeNull();
});
