import type { AnyPlugin } from './contract.ts';

/** The environment's name of a plugin's setting: `retryMinutes` of `registry` is `REGISTRY_RETRY_MINUTES`. */
function settingKey(plugin: string, name: string): string {
  const snake = name.replace(/[A-Z]/g, (letter) => `_${letter}`);
  return `${plugin.replaceAll('-', '_')}_${snake}`.toUpperCase();
}

/** @throws Error naming each key that is wrong */
export function readSettings(plugin: AnyPlugin, env: Record<string, string | undefined>): Record<string, unknown> {
  if (!plugin.settings) return {};
  const names = Object.keys(plugin.settings.shape);
  const given = Object.fromEntries(names.map((name) => [name, env[settingKey(plugin.id, name)]]));
  const result = plugin.settings.safeParse(given);
  if (result.success) return result.data;
  const problems = result.error.issues.map(
    (issue) => `${settingKey(plugin.id, String(issue.path[0]))}: ${issue.message}`,
  );
  throw new Error(`settings of plugin "${plugin.id}": ${problems.join('; ')}`);
}
