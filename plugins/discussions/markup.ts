/** What people write, as safe HTML: paragraphs, line breaks, quotations and links; never markup of their own. */

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Trailing punctuation belongs to the sentence, not to the address. */
const address = /\bhttps?:\/\/[\w./?&=%#:~+,;@!$*-]*[\w/&=%#~+@$*-]/g;

/** Plain text as HTML. A line that begins with `>` is a quotation, an empty line ends a paragraph. */
export function markup(text: string): string {
  return blocks(text).map(blockHtml).join('\n');
}

/** The beginning of a text on one line, cut at whole characters, without quotations. */
export function excerpt(text: string, length: number): string {
  const line = text
    .replace(/^[ \t]*>.*$/gm, '')
    .replace(/\s+/g, ' ')
    .trim();
  const characters = [...line];
  return characters.length > length ? `${characters.slice(0, length).join('')}…` : line;
}

interface Block {
  quoted: boolean;
  lines: string[];
}

function blocks(text: string): Block[] {
  const found: Block[] = [];
  let current: Block | undefined;
  for (const raw of text.replace(/\r\n?/g, '\n').split('\n')) {
    const quotation = /^[ \t]{0,3}>[ \t]?(.*)$/.exec(raw);
    const line = quotation?.[1] ?? raw;
    if (line.trim() === '') {
      current = undefined;
      continue;
    }
    const quoted = quotation !== null;
    if (current?.quoted !== quoted) {
      current = { quoted, lines: [] };
      found.push(current);
    }
    current.lines.push(line.trimEnd());
  }
  return found;
}

function blockHtml({ quoted, lines }: Block): string {
  const paragraph = `<p>${lines.map(lineHtml).join('<br>')}</p>`;
  return quoted ? `<blockquote>${paragraph}</blockquote>` : paragraph;
}

function lineHtml(line: string): string {
  let html = '';
  let end = 0;
  for (const { 0: url, index } of line.matchAll(address)) {
    html += escapeHtml(line.slice(end, index));
    html += `<a href="${escapeHtml(url)}" rel="nofollow ugc noopener noreferrer">${escapeHtml(url)}</a>`;
    end = index + url.length;
  }
  return html + escapeHtml(line.slice(end));
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => escapes[sign] as string);
}
