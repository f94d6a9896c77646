import { hash, verify } from '@node-rs/argon2';

/** OWASP's minimum for argon2id: 19 MiB, two passes (Password Storage Cheat Sheet). */
const options = { memoryCost: 19456, timeCost: 2, parallelism: 1 } as const;

/** Longer than the 8 characters that NIST SP 800-63B (section 5.1.1.2) asks for at least; no rules of composition. */
export const passwordLength = { min: 10, max: 200 } as const;

export const hashPassword = (password: string): Promise<string> => hash(password, options);

/** Costs the same time where there is no such person, so that the answer's delay tells nothing. */
export async function verifyPassword(stored: string | undefined, password: string): Promise<boolean> {
  if (stored) return verify(stored, password);
  await hash(password, options);
  return false;
}
