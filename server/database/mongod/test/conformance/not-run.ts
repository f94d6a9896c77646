import type { Test, TestFile } from './types.ts';

/** Features that the engine does not claim, by what a test needs of them. */
const operations: Record<string, string> = {
  createChangeStream: 'change streams',
  mapReduce: 'server-side JavaScript',
};

/** Why a test is not run; undefined for all others. */
export function reasonNotToRun(file: TestFile, test: Test): string | undefined {
  for (const { name } of test.operations) if (operations[name] !== undefined) return operations[name];
  const created = JSON.stringify([file.initialData ?? [], test.operations]);
  return created.includes('"$where"') || created.includes('"$function"') ? 'server-side JavaScript' : undefined;
}
