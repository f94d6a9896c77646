import { parentPort } from 'node:worker_threads';
import { CannotDraw, type CertificateText, certificatePdf } from './certificate-pdf.ts';

/** What the renderer asks for, and what it is answered. */
export interface PdfRequest {
  id: number;
  text: CertificateText;
}
export interface PdfAnswer {
  id: number;
  pdf?: Uint8Array;
  error?: string;
  /** Why it cannot be drawn: characters that no face has; none where the words do not fit. */
  missing?: string[];
}

parentPort?.on('message', async ({ id, text }: PdfRequest) => {
  const answer: PdfAnswer = await certificatePdf(text).then(
    (pdf) => ({ id, pdf }),
    (error) => ({ id, error: String(error), ...(error instanceof CannotDraw && { missing: error.missing }) }),
  );
  parentPort?.postMessage(answer);
});
