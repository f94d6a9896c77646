import { type Language, localText } from '#platform';
import type { CertificateText } from './certificate-pdf.ts';
import type { Certificate } from './certificates.service.ts';
import type { CertificatesHost } from './settings.ts';

/** The certificate in words, for the page and the PDF: always in both languages. */
export function certificateText(host: CertificatesHost, certificate: Certificate, checkUrl: string): CertificateText {
  const { name, idMasked, number, registryNumber, term } = certificate;
  const words = { 'zh-CN': host.translate('zh-CN'), en: host.translate('en') };
  const params = (language: Language) => ({
    name,
    id: idMasked,
    organisation: plain(certificate.organisation, language),
    title: plain(certificate.title, language),
    provider: plain(certificate.provider, language),
    hours: certificate.hours,
    score: (certificate.score / 100).toFixed(2),
    from: day(term.from, language),
    to: day(new Date(term.to.getTime() - 1), language),
  });
  const pair = (key: string): [string, string] => [words['zh-CN'](key, params('zh-CN')), words.en(key, params('en'))];
  const label = (key: string) => pair(key).join(' ');
  return {
    title: pair('paper.title'),
    body: pair('paper.body'),
    facts: [
      { label: label('paper.number'), value: number },
      ...(registryNumber ? [{ label: label('paper.registryNumber'), value: registryNumber }] : []),
      { label: label('paper.idNumber'), value: idMasked },
    ],
    signed: {
      name: [plain(certificate.provider, 'zh-CN'), plain(certificate.provider, 'en')],
      date: day(certificate.issuedAt, 'zh-CN'),
      at: certificate.issuedAt,
    },
    scan: label('paper.scan'),
    checkUrl,
    language: 'zh-CN',
    author: plain(certificate.provider, 'zh-CN'),
  };
}

/** Titles as stored may carry null where a language is missing. */
export function plain(text: { zh: string; en?: string | null | undefined }, language: Language): string {
  return localText({ zh: text.zh, en: text.en ?? undefined }, language);
}

const dates = {
  'zh-CN': new Intl.DateTimeFormat('zh-CN', { dateStyle: 'long', timeZone: 'Asia/Shanghai' }),
  en: new Intl.DateTimeFormat('en', { dateStyle: 'long', timeZone: 'Asia/Shanghai' }),
};
const day = (at: Date, language: Language) => dates[language].format(at);
