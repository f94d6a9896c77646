import type { Update } from '#client';
import './discussions.css';

/** Posts of others that came in since the page was read: a line offers them, a press puts them in their places. */
function watch(place: HTMLElement): void {
  const { topic = '', viewer = '', order = 'oldest', text = '%n' } = place.dataset;
  let asked = place.dataset.asked ?? new Date().toISOString();
  const waiting = new Set<string>();

  const offer = (): void => {
    if (waiting.size === 0) {
      place.replaceChildren();
      return;
    }
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'btn btn-outline-primary';
    button.textContent = text.replace('%n', String(waiting.size));
    button.addEventListener('click', () => void take());
    place.replaceChildren(button);
  };

  const read = async (): Promise<HTMLElement> => {
    const answer = await fetch(`/discussions/${topic}/new?after=${encodeURIComponent(asked)}`, {
      credentials: 'same-origin',
    });
    if (!answer.ok) throw new Error(`${answer.status}`);
    const holder = document.createElement('div');
    holder.innerHTML = await answer.text();
    return holder;
  };

  const put = (element: Element): void => {
    const post = element.matches('[data-post]') ? element : element.querySelector('[data-post]');
    if (!(post instanceof HTMLElement) || document.getElementById(post.id)) return;
    const { parent = '', at = asked } = post.dataset;
    if (at > asked) asked = at;
    const replies = document.querySelector(`[data-replies="${CSS.escape(parent)}"]`);
    if (parent !== '') replies?.append(element);
    else if (order === 'oldest') document.getElementById('posts')?.append(element);
    else document.getElementById('posts')?.prepend(element);
    post.classList.add('is-pulsing');
    document.getElementById('no-posts')?.remove();
  };

  const take = async (): Promise<void> => {
    const fresh = await read();
    for (const element of [...fresh.children]) put(element);
    waiting.clear();
    offer();
  };

  document.addEventListener('xf:update', (event) => {
    const { room, event: name, value } = (event as CustomEvent<Update>).detail;
    const author = (value as { author?: string } | null)?.author;
    if (room !== `topic:${topic}` || !name.startsWith('post/') || author === viewer) return;
    const id = name.slice('post/'.length);
    if (document.getElementById(`post-${id}`)) return;
    waiting.add(id);
    offer();
  });

  document.addEventListener('xf:catch-up', () => {
    read().then(
      (fresh) => {
        for (const post of fresh.querySelectorAll<HTMLElement>('[data-post]')) {
          if (!document.getElementById(post.id)) waiting.add(post.dataset.post ?? '');
        }
        offer();
      },
      () => {},
    );
  });
}

const place = document.getElementById('new-posts');
if (place) watch(place);
