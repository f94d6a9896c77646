import type { LedgerEntry } from './ledger.ts';

const escapeHtml = (text: string) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** What the simulated registry shows to somebody who opens its address: its records, ID numbers masked. */
export function recordsPage(entries: LedgerEntry[]): string {
  const rows = entries
    .slice(-200)
    .reverse()
    .map(({ number, at, record: { idNumber, name, programmeTitle, hours, year } }) => {
      const masked = `${idNumber.slice(0, 4)}**********${idNumber.slice(-4)}`;
      const cells = [number, name, masked, programmeTitle, `${hours}`, `${year}`, at.slice(0, 19).replace('T', ' ')];
      return `<tr>${cells.map((cell) => `<td>${escapeHtml(cell)}</td>`).join('')}</tr>`;
    });
  const heads = ['登记编号', '姓名', '身份证号', '培训项目', '学时', '年度', '登记时间（UTC）'];
  return `<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>学时登记系统（模拟）</title>
<style>body{font:15px system-ui,sans-serif;margin:2rem}table{border-collapse:collapse}td,th{border:1px solid #ccc;padding:.3rem .6rem;text-align:left}</style>
<h1>学时登记系统（模拟）</h1><p>共 ${entries.length} 条，显示最近 ${rows.length} 条。</p>
<table><thead><tr>${heads.map((head) => `<th>${head}</th>`).join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></html>`;
}
