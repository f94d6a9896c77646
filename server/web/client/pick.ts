/**
 * The part of an update that an element's key names: "event" or "event.field.field"; a field's own name may hold dots
 * ("progress.measures.video-courses.seconds"). Undefined when the key is not concerned.
 */
export function pick(key: string, update: { event: string; value: unknown }): unknown {
  if (key === update.event) return update.value;
  return key.startsWith(`${update.event}.`) ? walk(update.value, key.slice(update.event.length + 1)) : undefined;
}

function walk(value: unknown, path: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  const fields = value as Record<string, unknown>;
  if (Object.hasOwn(fields, path)) return fields[path];
  for (let dot = path.indexOf('.'); dot !== -1; dot = path.indexOf('.', dot + 1)) {
    const name = path.slice(0, dot);
    const found = Object.hasOwn(fields, name) ? walk(fields[name], path.slice(dot + 1)) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}
