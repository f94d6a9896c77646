import { badValue, CommandError, failedToParse } from '../errors.ts';
import { type Doc, isDocument } from '../values/codec.ts';
import { fieldNames } from '../values/order.ts';
import { aggregate } from './aggregate.ts';
import { type Command, collectionOf, countField, documentField, type Handler } from './context.ts';
import { explainSearch } from './explain-search.ts';
import { checkFields, isKnownCommand, wrongType } from './fields.ts';
import type { Search } from './search.ts';

const VERBOSITIES = ['queryPlanner', 'executionStats', 'allPlansExecution'];

/**
 * Says how a command would be run; without a verbosity it runs the search, and changes nothing.
 * @throws CommandError 59 for an unknown command, 20 for one that cannot be explained, 40415 for unknown fields of it
 */
export const explain: Handler = (engine, command) => {
  const { explain: inner, verbosity } = command.body;
  if (!isDocument(inner)) throw wrongType('explain.explain', inner, 'object');
  if (verbosity !== undefined && !VERBOSITIES.includes(verbosity as string))
    throw badValue(`Enumeration value '${String(verbosity)}' for field 'explain.verbosity' is not a valid value.`);
  const name = fieldNames(inner)[0] ?? '';
  const searchOf = searches[name];
  if (searchOf === undefined && name !== 'aggregate') {
    if (!isKnownCommand(name))
      throw new CommandError(59, 'CommandNotFound', `Explain failed due to unknown command: ${name}`);
    throw new CommandError(20, 'IllegalOperation', `Cannot explain cmd: ${name}`);
  }
  checkFields(name, inner);
  const explained: Command = { ...command, name, body: { ...inner, verbosity } };
  if (searchOf === undefined) {
    if (inner.explain !== undefined)
      throw failedToParse("The 'explain' option is illegal when a explain verbosity is also provided");
    return aggregate(engine, { ...explained, body: { ...explained.body, explain: true } });
  }
  return explainSearch(engine, explained, collectionOf(engine, explained), searchOf(inner));
};

const findSearch = (inner: Doc): Search => ({
  filter: documentField(inner, 'filter') ?? {},
  sort: documentField(inner, 'sort'),
  hint: inner.hint,
  skip: countField(inner, 'skip') ?? 0,
  ...limited(Math.abs(Number(inner.limit ?? 0))),
});

const limited = (limit: number): Pick<Search, 'limit'> => (limit === 0 ? {} : { limit });

/** The search of each command that can be explained. */
const searches: Record<string, (inner: Doc) => Search> = {
  find: findSearch,
  count: (inner) => ({
    filter: documentField(inner, 'query') ?? {},
    hint: inner.hint,
    skip: countField(inner, 'skip') ?? 0,
    ...limited(Math.abs(Number(inner.limit ?? 0))),
  }),
  distinct: (inner) => ({ filter: documentField(inner, 'query') ?? {}, hint: inner.hint }),
  update: (inner) => statementSearch(inner, 'updates', (statement) => statement.multi !== true),
  delete: (inner) => statementSearch(inner, 'deletes', (statement) => Number(statement.limit) === 1),
  findAndModify: modifySearch,
  findandmodify: modifySearch,
};

function modifySearch(inner: Doc): Search {
  const sort = documentField(inner, 'sort');
  return { filter: documentField(inner, 'query') ?? {}, sort, hint: inner.hint, limit: 1 };
}

function statementSearch(inner: Doc, kind: 'updates' | 'deletes', isSingle: (statement: Doc) => boolean): Search {
  const statements = inner[kind];
  if (!Array.isArray(statements) || statements.length !== 1 || !isDocument(statements[0]))
    throw new CommandError(16, 'InvalidLength', 'explained write batches must be of size 1');
  const [statement] = statements;
  checkFields(`${kind.slice(0, -1)}.${kind}`, statement);
  const { sort, hint } = statement;
  const filter = documentField(statement, 'q') ?? {};
  return { filter, sort: sort as Doc | undefined, hint, ...limited(isSingle(statement) ? 1 : 0) };
}
