/** What a NetBox of some version can do that an older one cannot. */
export type Traits = {
  /** `virtualization/virtual-machine-types` and the VM's reference to it. */
  readonly machineTypes: boolean;
  /** Lists paged by `start=<id>`. */
  readonly cursors: boolean;
  /** ETags, and `If-Match` on writes. */
  readonly etags: boolean;
};

/** The traits of a version ("4.6.8"): all three came with 4.6. */
export const traitsOf = (version: string): Traits => {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const since46 = major > 4 || (major === 4 && minor >= 6);
  return { machineTypes: since46, cursors: since46, etags: since46 };
};
