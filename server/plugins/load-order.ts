interface Declared {
  id: string;
  api: string;
  requires?: readonly string[];
}

/**
 * The plugins with every one after those it requires, otherwise by id.
 * @throws Error naming the plugin for a duplicate, missing or cyclic requirement or an incompatible contract version
 */
export function loadOrder<P extends Declared>(plugins: readonly P[], contractVersion: string): P[] {
  const byId = new Map<string, P>();
  for (const plugin of plugins) {
    if (byId.has(plugin.id)) throw new Error(`plugin "${plugin.id}" is there twice`);
    if (!accepts(plugin.api, contractVersion)) {
      throw new Error(`plugin "${plugin.id}" needs contract ${plugin.api}, this platform has ${contractVersion}`);
    }
    byId.set(plugin.id, plugin);
  }
  const order = new Set<P>();
  const visit = (plugin: P, path: string[]): void => {
    if (order.has(plugin)) return;
    if (path.includes(plugin.id)) throw new Error(`plugins require each other: ${[...path, plugin.id].join(' → ')}`);
    for (const id of plugin.requires ?? []) {
      const required = byId.get(id);
      if (!required) throw new Error(`plugin "${plugin.id}" requires "${id}", which is not there`);
      visit(required, [...path, plugin.id]);
    }
    order.add(plugin);
  };
  for (const plugin of [...byId.values()].sort((a, b) => (a.id < b.id ? -1 : 1))) visit(plugin, []);
  return [...order];
}

/** Whether `^major.minor.patch` accepts a version (semver.org, caret ranges from 1.0.0 on). */
function accepts(range: string, version: string): boolean {
  const wanted = /^\^(\d+)\.(\d+)\.(\d+)$/.exec(range)?.slice(1).map(Number);
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  if (!wanted) return false;
  const [wantedMajor = 0, wantedMinor = 0, wantedPatch = 0] = wanted;
  if (major !== wantedMajor) return false;
  return minor > wantedMinor || (minor === wantedMinor && patch >= wantedPatch);
}
