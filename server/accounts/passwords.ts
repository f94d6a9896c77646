import { hash, verify } from '@node-rs/argon2';

/** OWASP's minimum for argon2id: 19 MiB, two passes (Password Storage Cheat Sheet). */
const options = { memoryCost: 19456, timeCost: 2, parallelism: 1 } as const;

/** NIST SP 800-63B, section 3.1.1.2: at least 8 characters, at least 64 allowed, no rules of composition. */
export const passwordLength = { min: 8, max: 128 } as const;

export const hashPassword = (password: string): Promise<string> => hash(password, options);

/** Costs the same time where there is no such person, so that the answer's delay tells nothing. */
export async function verifyPassword(stored: string | undefined, password: string): Promise<boolean> {
  if (stored) return verify(stored, password);
  await hash(password, options);
  return false;
}
