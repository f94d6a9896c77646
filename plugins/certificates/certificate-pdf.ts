import PDFDocument from 'pdfkit';
import QRCode from 'qrcode';
import { faces, fileOf, missingFrom, runsOf, type Weight } from './faces.ts';

/** What stands on a certificate, already in words. Every pair is Chinese, then English. */
export interface CertificateText {
  title: [string, string];
  /** Sentences that say who did what. */
  body: [string, string];
  /** Lines at the foot on the left: label in both languages, and value. */
  facts: { label: string; value: string }[];
  /** Who grants it, and when. */
  signed: { name: [string, string]; date: string; at: Date };
  scan: string;
  checkUrl: string;
  /** For the file's properties. */
  language: 'zh-CN';
  author: string;
}

const ink = '#1f2937';
const grey = '#5b6472';
const blue = '#1f4e8c';
const gold = '#b08d3c';

/** A4 landscape in points. */
const page = { width: 841.89, height: 595.28, margin: 72 };

/** Why a certificate cannot be drawn: characters that no face has, or more words than fit on the page. */
export class CannotDraw extends Error {
  readonly missing: string[];

  constructor(missing: string[]) {
    super(missing.length > 0 ? `no face has ${missing.join(' ')}` : 'the text does not fit');
    this.missing = missing;
  }
}

/**
 * Draws the certificate as a PDF of one A4 page with the characters it needs embedded; long texts shrink.
 * @throws CannotDraw rather than leaving a box, a gap or an overlap
 */
export async function certificatePdf(text: CertificateText): Promise<Buffer> {
  const { title, body, facts, signed, scan } = text;
  const values = facts.flatMap(({ label, value }) => [label, value]);
  const missing = missingFrom([...title, ...body, ...values, ...signed.name, signed.date, scan]);
  if (missing.length > 0) throw new CannotDraw(missing);
  const document = new PDFDocument({
    size: 'A4',
    layout: 'landscape',
    margin: 0,
    pdfVersion: '1.7',
    lang: text.language,
    displayTitle: true,
    info: { Title: title.join(' '), Author: text.author, Subject: body[0], CreationDate: signed.at },
  });
  for (const face of faces) {
    for (const weight of ['Regular', 'Bold'] as const) document.registerFont(face + weight, fileOf(face, weight));
  }
  const parts: Buffer[] = [];
  document.on('data', (part: Buffer) => parts.push(part));
  const done = new Promise<Buffer>((resolve, reject) => {
    document.on('end', () => resolve(Buffer.concat(parts)));
    document.on('error', reject);
  });
  drawFrame(document);
  drawHead(document, title);
  const top = drawFoot(document, text);
  drawBody(document, body, top - 14);
  document.end();
  return done;
}

/** Writes a text at a place, or after a continued one, in the current size and colour, changing faces where it must. */
function write(
  document: PDFKit.PDFDocument,
  text: string,
  weight: Weight,
  { x, y, ...options }: PDFKit.Mixins.TextOptions & { x?: number; y?: number },
): void {
  const runs = runsOf(text, weight);
  for (const [index, run] of runs.entries()) {
    const more = { ...options, continued: options.continued || index < runs.length - 1 };
    document.font(run.face + weight);
    if (index === 0 && x !== undefined) document.text(run.text, x, y, more);
    else document.text(run.text, more);
  }
}

function drawFrame(document: PDFKit.PDFDocument): void {
  const { width, height } = page;
  document.lineWidth(2.5).strokeColor(blue);
  document.rect(24, 24, width - 48, height - 48).stroke();
  document.lineWidth(0.8).strokeColor(gold);
  document.rect(31, 31, width - 62, height - 62).stroke();
  for (const [x, y, dx, dy] of [
    [31, 31, 1, 1],
    [width - 31, 31, -1, 1],
    [31, height - 31, 1, -1],
    [width - 31, height - 31, -1, -1],
  ] as const) {
    document
      .moveTo(x + 26 * dx, y)
      .lineTo(x + 26 * dx, y + 26 * dy)
      .lineTo(x, y + 26 * dy)
      .stroke();
  }
}

function drawHead(document: PDFKit.PDFDocument, [title, subtitle]: [string, string]): void {
  const wide = { x: 0, width: page.width, align: 'center' as const };
  document.fontSize(38).fillColor(blue);
  write(document, title, 'Bold', { ...wide, y: 78, characterSpacing: 8 });
  document.fontSize(14).fillColor(gold);
  write(document, subtitle, 'Regular', { ...wide, y: 136, characterSpacing: 2 });
  document.lineWidth(0.8).strokeColor(gold);
  document
    .moveTo(page.width / 2 - 60, 166)
    .lineTo(page.width / 2 + 60, 166)
    .stroke();
}

/** The two sentences, as large as fits above `bottom`. */
function drawBody(document: PDFKit.PDFDocument, [chinese, english]: [string, string], bottom: number): void {
  const left = page.margin + 30;
  const top = 196;
  const width = page.width - 2 * left;
  for (let scale = 1; scale >= 0.35; scale -= 0.05) {
    const first = { size: 19 * scale, width, lineGap: 10 * scale, indent: 38 * scale };
    const second = { size: Math.max(11.5 * scale, 5), width, lineGap: 4 * scale };
    const between = 10 * scale;
    const height = heightOf(document, chinese, 'Regular', first) + between;
    if (top + height + heightOf(document, english, 'Regular', second) > bottom) continue;
    document.fontSize(first.size).fillColor(ink);
    write(document, chinese, 'Regular', { x: left, y: top, ...first });
    document.fontSize(second.size).fillColor(grey);
    write(document, english, 'Regular', { x: left, y: top + height, ...second });
    return;
  }
  throw new CannotDraw([]);
}

interface Fit extends PDFKit.Mixins.TextOptions {
  /** Points. */
  size: number;
}

/** What a text takes, as if the first face drew all of it: Chinese characters are as wide in every face. */
function heightOf(document: PDFKit.PDFDocument, text: string, weight: Weight, { size, ...options }: Fit): number {
  return document
    .font(faces[0] + weight)
    .fontSize(size)
    .heightOfString(text, options);
}

/** Who grants it and when, the numbers and the QR code, from the bottom up. Returns where they begin. */
function drawFoot(document: PDFKit.PDFDocument, { facts, signed, scan, checkUrl }: CertificateText): number {
  const { margin, width, height } = page;
  const bottom = height - 74;
  const side = 84;
  const right = width - margin - side;
  const left = right - 40 - 250;
  const lineHeight = 17;
  let y = bottom - facts.length * lineHeight;
  let top = Math.min(y, bottom - side - 12);
  for (const { label, value } of facts) {
    document.fontSize(9.5).fillColor(grey);
    write(document, `${label}  `, 'Regular', { x: margin, y, width: left - margin - 16, continued: true });
    document.fillColor(ink);
    write(document, value, 'Regular', {});
    y += lineHeight;
  }
  drawQr(document, checkUrl, right, bottom - side - 12, side);
  document.fontSize(8).fillColor(grey);
  write(document, scan, 'Regular', { x: right - 40, y: bottom - 7, width: side + 80, align: 'center' });

  const lines = [
    { text: signed.name[0], weight: 'Bold' as const, size: 15, color: ink, after: 4 },
    ...(signed.name[1] === signed.name[0]
      ? []
      : [{ text: signed.name[1], weight: 'Regular' as const, size: 9.5, color: grey, after: 8 }]),
    { text: signed.date, weight: 'Regular' as const, size: 12, color: ink, after: 0 },
  ];
  const options = { width: 250, align: 'right' as const };
  const taken = (scale: number) =>
    lines.map(
      (line) => heightOf(document, line.text, line.weight, { ...options, size: line.size * scale }) + line.after,
    );
  const sum = (heights: number[]) => heights.reduce((all, one) => all + one, 0);
  // What is more than this leaves the sentences above too little room.
  const scale = [1, 0.9, 0.8, 0.7, 0.6, 0.5].find((each) => sum(taken(each)) <= 140);
  if (scale === undefined) throw new CannotDraw([]);
  const heights = taken(scale);
  y = Math.min(height - 146, bottom - sum(heights));
  top = Math.min(top, y);
  for (const [index, line] of lines.entries()) {
    document.fontSize(line.size * scale).fillColor(line.color);
    write(document, line.text, line.weight, { x: left, y, ...options });
    y += heights[index] as number;
  }
  return top;
}

function drawQr(document: PDFKit.PDFDocument, content: string, x: number, y: number, side: number): void {
  const { modules } = QRCode.create(content, { errorCorrectionLevel: 'M' });
  const cell = side / modules.size;
  for (let row = 0; row < modules.size; row += 1) {
    for (let column = 0; column < modules.size; column += 1) {
      if (modules.get(row, column)) document.rect(x + column * cell, y + row * cell, cell, cell);
    }
  }
  document.fill('#000000');
}
