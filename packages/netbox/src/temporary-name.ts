const temporary = /^proxbox-rename-\d+$/;

/** The name that a row holds while another takes its own. */
export function temporaryName(id: number): string {
  return `proxbox-rename-${id}`;
}

/** Whether a name is one that a run left behind which ended in the middle of a swap: it is ours to replace. */
export function isTemporaryName(name: string): boolean {
  return temporary.test(name);
}
