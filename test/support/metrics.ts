/** Figures of `/metrics` by name with labels, such as `xuefang_sockets_open` or `…_total{reason="token"}`. */
export type Figures = ReadonlyMap<string, number>;

export async function readMetrics({ url, metricsToken }: { url: string; metricsToken: string }): Promise<Figures> {
  const response = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${metricsToken}` } });
  if (!response.ok) throw new Error(`/metrics answers ${response.status}`);
  const lines = (await response.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(' ');
      return [line.slice(0, space), Number(line.slice(space + 1))];
    }),
  );
}

/** By how much the figures of one name grew, by the value of their label; what did not grow is left out. */
export function growth(before: Figures, after: Figures, name: string): Record<string, number> {
  const grown = [...after].flatMap(([key, value]) => {
    const label = key === name ? '' : new RegExp(`^${name}\\{\\w+="([^"]*)"\\}$`).exec(key)?.[1];
    const by = Math.round((value - (before.get(key) ?? 0)) * 1000) / 1000;
    return label === undefined || by === 0 ? [] : [[label, by] as const];
  });
  return Object.fromEntries(grown);
}
