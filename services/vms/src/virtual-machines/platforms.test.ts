import { expect, test } from "bun:test";
import type { GuestConfig } from "./facts.ts";
import { desiredPlatforms } from "./platforms.ts";

test("platforms that guests name and NetBox lacks are made, each once", () => {
  const configs = ["Debian", null, "Windows 11 / 2022 / 2025", "Debian", "Ubuntu"].map(
    (platform) => ({ platform }) as GuestConfig,
  );
  const known = [{ kind: "platform" as const, identity: { slug: "ubuntu" }, id: 3 }];
  expect(desiredPlatforms(configs, known).map(({ identity, onCreate }) => [identity.slug, onCreate?.name])).toEqual([
    ["debian", "Debian"],
    ["windows-11-2022-2025", "Windows 11 / 2022 / 2025"],
  ]);
});
