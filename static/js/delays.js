// The Kaplan-Meier curve with its band, and completions by month with their limits.
// Each chart has its table on the page; tooltips are drawn inside the chart (no inline style).
(function () {
  "use strict";
  if (typeof echarts === "undefined") return;

  const STILL = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const FONT = "Source Sans Pro Web, Helvetica Neue, Helvetica, Arial, sans-serif";
  const INK = "#1b1b1b", SOFT = "#565c65", RULE = "#a9aeb1", LINE = "#162e51", BAND = "#aacdec";
  const number = new Intl.NumberFormat("en-US");

  function base(title) {
    return {
      animation: !STILL, animationDuration: 300, textStyle: { fontFamily: FONT, color: INK },
      grid: { left: 4, right: 20, top: 34, bottom: 28, containLabel: true },
      yAxis: {
        type: "value", name: title, nameLocation: "end", nameTextStyle: { color: SOFT, align: "left", fontSize: 13 },
        axisLabel: { color: SOFT }, splitLine: { lineStyle: { color: "#dfe1e2" } },
      },
      tooltip: {
        trigger: "axis", renderMode: "richText", confine: true, backgroundColor: "#ffffff", borderColor: RULE,
        textStyle: { color: INK, fontSize: 13, fontFamily: FONT }, axisPointer: { type: "line", lineStyle: { color: SOFT } },
      },
    };
  }

  function curve(data) {
    const share = data.points.map(function (p) { return [p[0], p[1]]; });
    const known = data.points.filter(function (p) { return p[2] !== null && p[3] !== null; });
    const byDay = new Map(data.points.map(function (p) { return [p[0], p]; }));
    const options = base("% still open");
    const still = { type: "line", step: "end", symbol: "none", emphasis: { disabled: true } };
    options.yAxis.max = 100;
    options.xAxis = {
      type: "value", name: "days since the start of the clock", nameLocation: "middle", nameGap: 26,
      nameTextStyle: { color: SOFT, fontSize: 13 }, min: 0, axisLabel: { color: SOFT, hideOverlap: true },
      axisLine: { lineStyle: { color: RULE } }, splitLine: { show: false },
    };
    options.series = [
      Object.assign({}, still, { name: "low", stack: "band", lineStyle: { opacity: 0 }, data: known.map(function (p) { return [p[0], p[2]]; }) }),
      Object.assign({}, still, { name: "band", stack: "band", lineStyle: { opacity: 0 }, areaStyle: { color: BAND, opacity: 0.6 }, data: known.map(function (p) { return [p[0], p[3] - p[2]]; }) }),
      Object.assign({}, still, {
        name: "open", data: share, lineStyle: { color: LINE, width: 2.5 }, itemStyle: { color: LINE },
        markLine: data.median === null ? undefined : {
          symbol: "none", silent: true, lineStyle: { color: SOFT, type: "dashed" },
          label: { formatter: "median " + number.format(data.median), color: INK, fontSize: 13, fontFamily: FONT, position: "insideEndTop" },
          data: [{ xAxis: data.median }],
        },
      }),
    ];
    options.tooltip.formatter = function (points) {
      const p = byDay.get(points[0].value[0]);
      if (!p) return "";
      const lines = [number.format(p[0]) + " days", "still open  " + p[1].toFixed(1) + " %"];
      if (p[2] !== null && p[3] !== null) lines.push("between  " + p[2].toFixed(1) + " and " + p[3].toFixed(1) + " %");
      return lines.join("\n");
    };
    return options;
  }

  function throughput(data) {
    const options = base("completed");
    const limit = { type: "line", step: "middle", symbol: "none", emphasis: { disabled: true } };
    options.legend = { top: 0, right: 0, selectedMode: false, itemWidth: 30, itemHeight: 8, data: ["mean before", "limits"], textStyle: { color: INK, fontSize: 13, fontFamily: FONT } };
    options.yAxis.minInterval = 1;
    options.xAxis = { type: "category", data: data.months.map(function (m) { return m.month; }), axisLabel: { color: SOFT, hideOverlap: true }, axisLine: { lineStyle: { color: RULE } } };
    options.series = [
      { name: "completed", type: "bar", barMaxWidth: 26, itemStyle: { color: BAND, borderColor: LINE, borderWidth: 1 }, emphasis: { disabled: true }, data: data.months.map(function (m) { return { value: m.n, href: m.href, cursor: m.href ? "pointer" : "default" }; }) },
      Object.assign({}, limit, { name: "mean before", lineStyle: { color: LINE, width: 2 }, itemStyle: { color: LINE }, data: data.months.map(function (m) { return m.mean; }) }),
      Object.assign({}, limit, { name: "limits", lineStyle: { color: LINE, width: 1.5, type: "dashed" }, itemStyle: { color: LINE }, data: data.months.map(function (m) { return m.high; }) }),
      Object.assign({}, limit, { name: "low", lineStyle: { color: LINE, width: 1.5, type: "dashed" }, itemStyle: { color: LINE }, data: data.months.map(function (m) { return m.low; }) }),
    ];
    options.tooltip.formatter = function (points) {
      const m = data.months[points[0].dataIndex];
      return [m.month, "completed  " + number.format(m.n), m.verdict].join("\n");
    };
    return options;
  }

  function draw(attribute, options) {
    for (const node of document.querySelectorAll("[data-" + attribute + "]")) {
      const chart = echarts.init(node, null, { renderer: "svg" });
      chart.setOption(options(JSON.parse(document.getElementById(node.dataset[attribute]).textContent)));
      new ResizeObserver(function () { chart.resize(); }).observe(node);
      // A bar leads where its number in the table leads.
      chart.on("click", function (point) { if (point.data && point.data.href) window.location.assign(point.data.href); });
    }
  }

  draw("curve", curve);
  draw("throughput", throughput);
})();
