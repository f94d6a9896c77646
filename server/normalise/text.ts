/** What texts of every kind have in common when people type, paste or export them. Pure, and idempotent as a property test shows. */

/**
 * Characters that GBK and GB 18030-2000 kept in Unicode's private use area, from U+E815, with what they are since
 * GB 18030-2022 (bytes FE50 to FEA0, annex of the standard; the table is that of glibc's `gb18030`).
 */
const FIRST_PRIVATE = 0xe815;
const assigned = `2E81 20087 20089 200CC 2E84 3473 3447 2E88 2E8B 9FB4 359E 361A 360E 2E8C 2E97 396E 3918 9FB5 39CF 39DF
  3A73 39D0 9FB6 9FB7 3B4E 3C6E 3CE0 2EA7 215D7 9FB8 2EAA 4056 415F 2EAE 4337 2EB3 2EB6 2EB7 2298F 43B1 43AC 2EBB 43DD
  44D6 4661 464C 9FB9 4723 4729 477C 478D 2ECA 4947 497A 497D 4982 4983 4985 4986 499F 499B 49B7 49B6 9FBA 241FE 4CA3
  4C9F 4CA0 4CA1 4C77 4CA2 4D13 4D14 4D15 4D16 4D17 4D18 4D19 4DAE 9FBB`
  .split(/\s+/)
  .map((code) => String.fromCodePoint(Number.parseInt(code, 16)));

/** Formats, selectors and fillers that show nothing; line breaks and tabs count as spaces, other controls as nothing. */
const invisible = /\p{Cf}|\p{Cc}|\p{Variation_Selector}|[\u115F\u1160\u3164\uFFA0\u2800]/gu;

/** Rounds after which a text has always settled. */
const MAX_ROUNDS = 8;

/** Repeats a normalisation until it changes nothing more: what one step takes away or joins may concern an earlier one. */
export const settled =
  (normalise: (text: string) => string) =>
  (text: string): string => {
    let before = text;
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const after = normalise(before);
      if (after === before) break;
      before = after;
    }
    return before;
  };

/** One written form: full-width and compatibility characters, private-use ones, invisible marks, runs of white space. */
export const plainText = settled((text) =>
  text
    .replace(/[\uE815-\uE864]/g, (private_) => assigned[private_.charCodeAt(0) - FIRST_PRIVATE] as string)
    .replace(/[\t\r\n\v\f\u0085]/g, ' ')
    .replace(invisible, '')
    .normalize('NFKC')
    .replace(/\s+/g, ' ')
    .trim(),
);
