import { parentPort } from 'node:worker_threads';
import { type CertificateText, certificatePdf } from './certificate-pdf.ts';

/** What the renderer asks for, and what it is answered. */
export interface PdfRequest {
  id: number;
  text: CertificateText;
}
export interface PdfAnswer {
  id: number;
  pdf?: Uint8Array;
  error?: string;
}

parentPort?.on('message', async ({ id, text }: PdfRequest) => {
  const answer: PdfAnswer = await certificatePdf(text).then(
    (pdf) => ({ id, pdf }),
    (error) => ({ id, error: String(error) }),
  );
  parentPort?.postMessage(answer);
});
