/** Orders of libraries' own collections, which take no `_id`. */
export const notOurs: Readonly<Record<string, string>> = {
  'server/jobs/jobs.ts': 'agenda takes the names of some of its fields only',
};

const calls = /\.sort\(([^()]*(?:\([^()]*\)[^()]*)*)\)/g;
const options = /\$?sort: (\{(?:[^{}]*,)? *[\w.']+: (?:-?1|'(?:asc|desc)') ?(?:,[^{}]*)?\})/g;

/**
 * Orders in a source text by which a query sorts and that do not end in `_id`: rows that compare equal come in any order, and
 * pages of them overlap. Comparing functions, by which arrays are sorted, are passed over; an order that is neither a function
 * nor an object of this text cannot be read, and counts as well.
 */
export function brokenOrders(text: string): string[] {
  const given = [...text.matchAll(calls)].map(([, argument = '']) => argument.trim().replace(/,$/, ''));
  const orders = [...given.filter((each) => each !== '' && !isFunction(text, each)), ...literalsIn(text, options)];
  return orders.filter((order) => !endsInId(text, order));
}

const literalsIn = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].map(([, literal = '']) => literal);

function isFunction(text: string, argument: string): boolean {
  return (
    argument.includes('=>') ||
    new RegExp(`(function ${name(argument)}\\(|const ${name(argument)} = \\(|${name(argument)}: \\()`).test(text)
  );
}

/** The variable that an argument begins with, as `orders` in `orders[sort]`. */
const name = (argument: string): string => /^[\w$]*/.exec(argument)?.[0] || '\\0';

function endsInId(text: string, order: string): boolean {
  if (order.startsWith('{')) return /\b_id: [^,{}]+,?\s*\}$/.test(order);
  const declared = new RegExp(`const ${name(order)}\\b[^=;]*= (\\{[\\s\\S]*?\\})( as const)?;`).exec(text)?.[1];
  const literals = declared?.match(/\{[^{}]*\}/g) ?? [];
  return literals.length > 0 && literals.every((literal) => endsInId(text, literal));
}
