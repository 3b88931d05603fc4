import { type Answer, ask, type Backend, type Call } from "../src/plugin/backend.ts";
import { checkKey } from "../src/plugin/keys.ts";
import { type Plugin, type PluginOptions, setUpPlugin } from "../src/plugin/plugin-client.ts";
import { type Scene, type SceneOptions, startScene } from "../src/scene.ts";
import type { Shown, Truth } from "./truth/form.ts";

/** A scene that nobody but a plugin has told anything. */
export type PluginScene = AsyncDisposable & {
  readonly scene: Scene;
  readonly plugin: Plugin;
  /** Calls the backend with the plugin's key. */
  ask(method: string, path: string, call?: Call): Promise<Answer>;
};

/** What to start, and how the plugin reads; `before` is called while the backend knows nothing, not even a key. */
type PluginSceneOptions = Omit<SceneOptions, "told"> &
  Pick<PluginOptions, "pace" | "reader"> & { before?: (backend: Backend) => Promise<void> };

/** Starts everything with a release of the plugin, which has registered its key and pushed nothing yet. */
export async function startPluginScene(
  release: Plugin["release"],
  { netbox, env, before, pace, reader, ...options }: PluginSceneOptions,
): Promise<PluginScene> {
  const scene = await startScene({
    ...options,
    netbox: { plugin: release, ...netbox },
    env: { PROXBOX_LOG_LEVEL: "silent", ...env },
    told: false,
  });
  const { url, key } = scene.gateway;
  const plugin = setUpPlugin({
    release,
    backend: { url, key },
    netbox: scene.netbox,
    proxmox: scene.proxmox,
    ...(pace === undefined ? {} : { pace }),
    ...(reader ? { reader } : {}),
  });
  await before?.(plugin.backend);
  const { verdict } = await checkKey(plugin.backend, true);
  if (verdict !== "accepted") throw new Error(`The backend did not take the key: ${verdict}.`);
  return {
    scene,
    plugin,
    ask: (method, path, call) => ask(plugin.backend, method, path, call),
    [Symbol.asyncDispose]: () => scene[Symbol.asyncDispose](),
  };
}

/** What the endpoints of a scene show, by the ids the backend gives them, which are the plugin's. */
export function shownBy({ scene, plugin }: PluginScene): Shown[] {
  return scene.proxmox.map(({ cluster, url }, index) => ({ cluster, url, id: plugin.endpoints[index]?.pk ?? 0 }));
}

/** What NetBox with 0.0.24 holds: its table of guests' addresses answers every list with an error, so it stays empty. */
export function asHeldBy(release: Plugin["release"], truth: Truth): Truth {
  return release === "0.0.24" ? { ...truth, "plugins/proxbox/guest-vm-interface-addresses": {} } : truth;
}
