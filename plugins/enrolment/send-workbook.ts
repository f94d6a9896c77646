import type { Response } from 'express';

const xlsxType = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

/** Answers with an .xlsx file to keep. */
export function sendWorkbook(response: Response, name: string, content: Buffer): void {
  response.attachment(name).type(xlsxType).send(content);
}
