/** The part of ECharts that pages use; the library itself is loaded by a script tag (`scripts: ['echarts/echarts.min.js']`). */
interface Chart {
  setOption(option: object, settings?: { notMerge?: boolean }): void;
  resize(): void;
}

declare const echarts: { init(element: HTMLElement, theme?: object, settings?: { renderer: 'svg' | 'canvas' }): Chart };

const palette = {
  light: {
    series: ['#1d5fc9', '#27985a', '#dc8f0c', '#7a5bd0', '#0f8b8d', '#c2447c'],
    ink: '#4a5563',
    line: '#e2e6eb',
  },
  dark: { series: ['#6ba6ff', '#43c17b', '#ffc766', '#b79cff', '#53d0d2', '#ff9ac4'], ink: '#b9c6d6', line: '#24364c' },
};

function theme(dark: boolean): object {
  const { series, ink, line } = dark ? palette.dark : palette.light;
  const axis = {
    axisLine: { lineStyle: { color: line } },
    axisTick: { show: false },
    axisLabel: { color: ink },
    nameTextStyle: { color: ink },
    splitLine: { lineStyle: { color: line } },
  };
  return {
    color: series,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: ink },
    legend: { textStyle: { color: ink } },
    grid: { left: 8, right: 16, top: 32, bottom: 8, containLabel: true },
    categoryAxis: axis,
    valueAxis: axis,
    tooltip: { confine: true },
  };
}

/**
 * Draws a chart in the page's look, described for screen readers, without motion where the reader wants none, and resized
 * with its place. Calling `setOption` on what is returned updates it. A table of the same figures belongs beside it.
 */
export function chart(element: HTMLElement, option: object): Chart {
  const dark = document.documentElement.dataset.bsTheme === 'dark';
  const drawn = echarts.init(element, theme(dark), { renderer: 'svg' });
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
  drawn.setOption({ animation: !still, aria: { enabled: true, decal: { show: false } }, ...option });
  new ResizeObserver(() => drawn.resize()).observe(element);
  return drawn;
}
