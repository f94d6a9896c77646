import { ZxcvbnFactory } from '@zxcvbn-ts/core';
import { adjacencyGraphs, dictionary } from '@zxcvbn-ts/language-common';

/** Why a password is not taken. */
export type PasswordWeakness = 'common' | 'personal' | 'guessable';

/** zxcvbn's "safely unguessable": 10^8 guesses and more (Wheeler, USENIX Security 2016). */
const LEAST_SCORE = 3;
/** Characters that are looked at: what is strong up to here stays strong, and the time is bounded. */
const MAX_CHARACTERS = 64;

let estimator: ZxcvbnFactory | undefined;

/**
 * What is wrong with a password: it stands among those that have leaked most often, it consists of what is known of the person,
 * or it is soon guessed. NIST SP 800-63B section 5.1.1.2 asks to compare with breached ones and with context-specific words.
 * @param known account name, names, phone and the like
 */
export function weaknessOf(password: string, known: readonly string[]): PasswordWeakness | undefined {
  // Made when the first password is set: the words take 40 ms to read.
  estimator ??= new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs });
  const text = [...password].slice(0, MAX_CHARACTERS).join('');
  const { score, sequence } = estimator.check(text, ['xuefang', '学坊', ...known]);
  if (score >= LEAST_SCORE) return undefined;
  const sources = sequence.map((match) => ('dictionaryName' in match ? match.dictionaryName : undefined));
  if (sources.includes('userInputs')) return 'personal';
  return sources.includes('passwords-common') ? 'common' : 'guessable';
}
