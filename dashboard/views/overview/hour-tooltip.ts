import type uPlot from 'uplot';
import { formatCount, formatHourSpan, formatUtc } from '../../text/format.ts';
import { SERIES } from './series.ts';

/** Shows the figures of the hour below the pointer, beside it, and within the chart. */
export function hourTooltip(): uPlot.Plugin {
  const tooltip = document.createElement('div');
  tooltip.className = 'chart-tooltip';
  tooltip.hidden = true;
  return {
    hooks: {
      init: ({ over }) => over.append(tooltip),
      setCursor: (plot) => {
        const { idx, left = -1 } = plot.cursor;
        tooltip.hidden = left < 0 || typeof idx !== 'number';
        if (typeof idx !== 'number' || tooltip.hidden) return;
        tooltip.replaceChildren(...linesOf(plot, idx));
        const at = plot.valToPos(plot.data[0][idx] ?? 0, 'x');
        tooltip.style.transform = `translate(${besides(at, tooltip.offsetWidth, plot.over.clientWidth)}px, 8px)`;
      },
    },
  };
}

const GAP_PX = 12;

/** To the right of the point, or to its left where there is no room. */
function besides(at: number, width: number, room: number): number {
  const right = at + GAP_PX;
  return Math.round(right + width <= room ? right : Math.max(0, at - GAP_PX - width));
}

function linesOf({ data, series }: uPlot, index: number): HTMLElement[] {
  const ms = (data[0][index] ?? 0) * 1000;
  const when = element('strong', '', `${formatUtc(new Date(ms).toISOString(), 'day')} ${formatHourSpan(ms)} UTC`);
  const shown = SERIES.flatMap(({ id, label }, at) => {
    if (series[at + 1]?.show !== true) return [];
    const line = element('div', `tooltip-line line-${id}`);
    line.append(element('span', '', label), element('span', 'count', formatCount(data[at + 1]?.[index] ?? 0)));
    return [line];
  });
  return [when, ...shown];
}

function element(name: string, className: string, text = ''): HTMLElement {
  const created = document.createElement(name);
  created.className = className;
  created.textContent = text;
  return created;
}
