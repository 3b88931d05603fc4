import { expect, test } from "bun:test";
import { createLeadJudge, forbiddenTarget } from "./forbidden-target.ts";

test.each<[string, string | null]>([
  ["169.254.169.254", "a link-local address"],
  ["[fe80::1]", "a link-local address"],
  ["::ffff:169.254.169.254", "a link-local address"],
  ["fe80::1%eth0", "a link-local address"],
  ["169.254.169.254.", "a link-local address"],
  ["2852039166", "a link-local address"],
  ["0xA9FEA9FE", "a link-local address"],
  ["0251.0376.0251.0376", "a link-local address"],
  ["169.254.43518", "a link-local address"],
  ["::169.254.169.254", "a link-local address"],
  ["::a9fe:a9fe", "a link-local address"],
  ["::ffff:0:169.254.169.254", "a link-local address"],
  ["64:ff9b::a9fe:a9fe", "a link-local address"],
  ["2002:a9fe:a9fe::1", "a link-local address"],
  ["0", "an unspecified address"],
  ["0.1.2.3", "an unspecified address"],
  ["0.0.0.0", "an unspecified address"],
  ["::", "an unspecified address"],
  ["224.0.0.1", "a multicast address"],
  ["ff02::1", "a multicast address"],
  ["255.255.255.255", "a broadcast address"],
  ["100.100.100.200", "a metadata service"],
  ["fd00:ec2::254", "a metadata service"],
  ["fd00:0ec2::0254%eth0", "a metadata service"],
  ["64:ff9b::168.63.129.16", "a metadata service"],
  ["fd20:ce::254", "a metadata service"],
  ["192.0.0.192", "a metadata service"],
  ["Metadata.Google.Internal.", "a metadata service"],
  ["10.0.0.1", null],
  ["127.0.0.1", null],
  ["fd00::1", null],
  ["::1", null],
  ["64:ff9b::10.0.0.1", null],
  ["2002:a00:1::1", null],
  ["pve.example.com", null],
])("%s: %p", (host, what) => {
  expect(forbiddenTarget(host)).toBe(what);
});

test("a name is judged by every address it leads to, and anew when it may have changed", async () => {
  const names: Record<string, string[]> = {
    "pve.example.com": ["10.0.0.1", "fd00::1"],
    "trap.example.com": ["10.0.0.1", "169.254.169.254"],
    "trap6.example.com": ["fe80::1"],
  };
  let now = 0;
  let asked = 0;
  const resolve = async (name: string) => {
    asked += 1;
    return names[name] ?? Promise.reject(new Error(`ENOTFOUND ${name}`));
  };
  const judge = createLeadJudge({ resolve, now: () => now });
  const never = new AbortController().signal;
  expect(await judge("trap.example.com", never)).toBe("leads to 169.254.169.254, a link-local address");
  expect(await judge("TRAP6.example.com.", never)).toBe("leads to fe80::1, a link-local address");
  expect(await judge("169.254.1.1", never)).toBe("is a link-local address");
  expect(await judge("10.0.0.1", never)).toBeNull();
  expect(await judge("gone.example.com", never)).toBeNull();
  asked = 0;
  expect(await judge("pve.example.com", never)).toBeNull();
  names["pve.example.com"] = ["169.254.169.254"];
  now = 9_000;
  expect(await judge("pve.example.com", never)).toBeNull();
  expect(asked).toBe(1);
  now = 11_000;
  expect(await judge("pve.example.com", never)).toContain("link-local");
});

test("a name server that hangs is not waited for beyond the signal", async () => {
  const hang = () => new Promise<string[]>(() => {});
  await expect(createLeadJudge({ resolve: hang })("pve.example.com", AbortSignal.timeout(20))).rejects.toMatchObject({
    name: "TimeoutError",
  });
  expect(await createLeadJudge()("localhost", AbortSignal.timeout(5_000))).toBeNull();
});

test.each<[string, string | null]>([
  ["127.0.0.1", "is this machine, which PROXBOX_ALLOW_LOOPBACK_TARGETS forbids"],
  ["::1", "is this machine, which PROXBOX_ALLOW_LOOPBACK_TARGETS forbids"],
  ["::ffff:127.8.8.8", "is this machine, which PROXBOX_ALLOW_LOOPBACK_TARGETS forbids"],
  ["x.localhost.", "is this machine, which PROXBOX_ALLOW_LOOPBACK_TARGETS forbids"],
  ["home.example.com", "leads to 127.0.0.1, this machine, which PROXBOX_ALLOW_LOOPBACK_TARGETS forbids"],
  ["10.0.0.1", null],
  ["pve.example.com", null],
])("where this machine may not be called, of %s: %p", async (host, verdict) => {
  const resolve = async (name: string) => [name.startsWith("home") ? "127.0.0.1" : "10.0.0.1"];
  const { signal } = new AbortController();
  expect(await createLeadJudge({ resolve, allowLoopback: false })(host, signal)).toBe(verdict);
  expect(await createLeadJudge({ resolve })(host, signal)).toBeNull();
});
