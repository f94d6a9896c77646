/** Certificate numbers such as `KF2026-000123-G`: prefix, year, serial, and a check character (ISO 7064 MOD 37,36). */

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const SHAPE = /^([A-Z]{1,4}\d{4})(\d{6,})([0-9A-Z])$/;

export type ParsedNumber = { ok: true; number: string } | { ok: false; reason: 'shape' | 'check' };

/** @param serial from 1 within prefix and year */
export function certificateNumber(prefix: string, year: number, serial: number): string {
  const head = `${prefix}${year}`;
  const digits = String(serial).padStart(6, '0');
  return `${head}-${digits}-${checkCharacter(head + digits)}`;
}

/** Reads a number as people type it: any case, width, spaces and hyphens. */
export function parseCertificateNumber(text: string): ParsedNumber {
  const plain = text
    .normalize('NFKC')
    .toUpperCase()
    .replace(/[\s\p{Pd}\p{Cf}_.·]/gu, '');
  const [, head = '', serial = '', check] = SHAPE.exec(plain) ?? [];
  if (!check) return { ok: false, reason: 'shape' };
  if (checkCharacter(head + serial) !== check) return { ok: false, reason: 'check' };
  return { ok: true, number: `${head}-${serial}-${check}` };
}

/** Finds every single mistyped character and nearly every swapped pair (ISO 7064:2003, hybrid system MOD 37,36). */
function checkCharacter(text: string): string {
  let product = 36;
  for (const character of text) {
    const sum = (product + ALPHABET.indexOf(character)) % 36 || 36;
    product = (sum * 2) % 37;
  }
  return ALPHABET[(37 - product) % 36]!;
}
