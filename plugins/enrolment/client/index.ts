import './enrolment.css';

/** Counts down to the deadline: `[data-countdown]` holds the moment, its words stand in data-days, -hours, -minutes, -over. */
function refresh(place: HTMLElement): void {
  const { countdown = '', days = '', hours = '', minutes = '', over = '' } = place.dataset;
  const left = Math.floor((Date.parse(countdown) - Date.now()) / 60_000);
  const [d, h, m] = [Math.floor(left / 1440), Math.floor((left % 1440) / 60), left % 60];
  const words = left < 0 ? over : d > 0 ? days : h > 0 ? hours : minutes;
  place.textContent = words.replace('%d', String(d)).replace('%h', String(h)).replace('%m', String(m));
}

const places = document.querySelectorAll<HTMLElement>('[data-countdown]');
const all = (): void => {
  for (const place of places) refresh(place);
};
all();
if (places.length > 0) setInterval(all, 30_000);

document.querySelector('[data-print]')?.addEventListener('click', () => print());
