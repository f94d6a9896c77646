import { fileURLToPath } from 'node:url';
import PDFDocument from 'pdfkit';
import QRCode from 'qrcode';

/** What stands on a certificate, already in words. Every pair is Chinese, then English. */
export interface CertificateText {
  title: [string, string];
  /** Sentences that say who did what. */
  body: [string, string];
  /** Lines at the foot on the left: label in both languages, and value. */
  facts: { label: string; value: string }[];
  /** Who grants it, and when. */
  signed: { name: [string, string]; date: string };
  scan: string;
  checkUrl: string;
  /** For the file's properties. */
  language: 'zh-CN';
  author: string;
}

const face = (weight: string) =>
  fileURLToPath(import.meta.resolve('@embedpdf/fonts-sc')).replace(/dist\/.*$/, `fonts/NotoSansHans-${weight}.otf`);
const faces = { regular: face('Regular'), bold: face('Bold') };

const ink = '#1f2937';
const grey = '#5b6472';
const blue = '#1f4e8c';
const gold = '#b08d3c';

/** A4 landscape in points. */
const page = { width: 841.89, height: 595.28, margin: 72 };

/** Draws the certificate as a PDF of one A4 page with the characters it needs of Noto Sans SC embedded. */
export function certificatePdf(text: CertificateText): Promise<Buffer> {
  const document = new PDFDocument({
    size: 'A4',
    layout: 'landscape',
    margin: 0,
    pdfVersion: '1.7',
    lang: text.language,
    displayTitle: true,
    info: { Title: text.title.join(' '), Author: text.author, Subject: text.body[0] },
  });
  document.registerFont('regular', faces.regular).registerFont('bold', faces.bold);
  const parts: Buffer[] = [];
  document.on('data', (part: Buffer) => parts.push(part));
  const done = new Promise<Buffer>((resolve, reject) => {
    document.on('end', () => resolve(Buffer.concat(parts)));
    document.on('error', reject);
  });
  drawFrame(document);
  drawHead(document, text.title);
  drawBody(document, text.body);
  drawFoot(document, text);
  document.end();
  return done;
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
  const wide = { width: page.width, align: 'center' as const };
  document
    .font('bold')
    .fontSize(38)
    .fillColor(blue)
    .text(title, 0, 78, { ...wide, characterSpacing: 8 });
  document
    .font('regular')
    .fontSize(14)
    .fillColor(gold)
    .text(subtitle, 0, 136, { ...wide, characterSpacing: 2 });
  document.lineWidth(0.8).strokeColor(gold);
  document
    .moveTo(page.width / 2 - 60, 166)
    .lineTo(page.width / 2 + 60, 166)
    .stroke();
}

function drawBody(document: PDFKit.PDFDocument, [chinese, english]: [string, string]): void {
  const { margin, width } = page;
  const inside = width - 2 * margin - 60;
  document.font('regular').fontSize(19).fillColor(ink);
  document.text(chinese, margin + 30, 196, { width: inside, lineGap: 10, indent: 38 });
  document.fontSize(11.5).fillColor(grey);
  document.text(english, margin + 30, document.y + 10, { width: inside, lineGap: 4 });
}

function drawFoot(document: PDFKit.PDFDocument, { facts, signed, scan, checkUrl }: CertificateText): void {
  const { margin, width, height } = page;
  const lineHeight = 17;
  let y = height - 74 - facts.length * lineHeight;
  for (const { label, value } of facts) {
    document.font('regular').fontSize(9.5).fillColor(grey).text(`${label}  `, margin, y, { continued: true });
    document.fillColor(ink).text(value);
    y += lineHeight;
  }
  const side = 84;
  const right = width - margin - side;
  const top = height - 74 - side - 12;
  drawQr(document, checkUrl, right, top, side);
  document.font('regular').fontSize(8).fillColor(grey);
  document.text(scan, right - 40, top + side + 5, { width: side + 80, align: 'center' });
  const center = { width: 250, align: 'right' as const };
  const left = right - 40 - center.width;
  document
    .font('bold')
    .fontSize(15)
    .fillColor(ink)
    .text(signed.name[0], left, height - 146, center);
  document
    .font('regular')
    .fontSize(9.5)
    .fillColor(grey)
    .text(signed.name[1], left, document.y + 2, center);
  document
    .fontSize(12)
    .fillColor(ink)
    .text(signed.date, left, document.y + 8, center);
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
