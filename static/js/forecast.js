// Completions to come: one line for half of the runs, one for four of five, for a what-if beside today's.
// The table on the page has every figure; tooltips are drawn inside the chart (no inline style).
(function () {
  "use strict";
  if (typeof echarts === "undefined") return;

  const STILL = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const FONT = "Source Sans Pro Web, Helvetica Neue, Helvetica, Arial, sans-serif";
  const INK = "#1b1b1b", SOFT = "#565c65", RULE = "#a9aeb1";
  // Told apart without seeing color: by their line and their label.
  const LOOKS = {
    "solid": { color: "#162e51", type: "solid", width: 2.5 },
    "dashed": { color: "#162e51", type: "dashed", width: 2 },
    "soft": { color: "#71767a", type: "solid", width: 1.5 },
    "soft-dashed": { color: "#71767a", type: "dotted", width: 1.5 },
  };
  const number = new Intl.NumberFormat("en-US");

  function series(line) {
    const look = LOOKS[line.look];
    return {
      name: line.name, type: "line", data: line.points, symbol: "circle", symbolSize: 3, showAllSymbol: false,
      lineStyle: look, itemStyle: { color: look.color }, emphasis: { disabled: true },
    };
  }

  function options(data) {
    return {
      animation: !STILL, animationDuration: 300,
      textStyle: { fontFamily: FONT, color: INK },
      legend: { top: 0, left: 0, itemWidth: 34, itemHeight: 8, selectedMode: false, textStyle: { color: INK, fontSize: 13, fontFamily: FONT } },
      grid: { left: 4, right: 16, top: data.lines.length > 2 ? 76 : 56, bottom: 10, containLabel: true },
      tooltip: {
        trigger: "axis", renderMode: "richText", confine: true, backgroundColor: "#ffffff", borderColor: RULE,
        textStyle: { color: INK, fontSize: 13, fontFamily: FONT }, axisPointer: { type: "line", lineStyle: { color: SOFT } },
        formatter: function (points) {
          return [points[0].value[0]].concat(points.map(function (point) {
            return point.seriesName + "  " + number.format(point.value[1]);
          })).join("\n");
        },
      },
      xAxis: { type: "time", axisLabel: { color: SOFT, hideOverlap: true }, axisLine: { lineStyle: { color: RULE } } },
      yAxis: {
        type: "value", name: "requests complete", minInterval: 1, max: data.total,
        nameLocation: "end", nameTextStyle: { color: SOFT, align: "left", fontSize: 13 },
        axisLabel: { color: SOFT, formatter: function (value) { return number.format(value); } },
        splitLine: { lineStyle: { color: "#dfe1e2" } },
      },
      series: data.lines.map(series),
    };
  }

  for (const node of document.querySelectorAll("[data-forecast]")) {
    const chart = echarts.init(node, null, { renderer: "svg" });
    chart.setOption(options(JSON.parse(document.getElementById(node.dataset.forecast).textContent)));
    new ResizeObserver(function () { chart.resize(); }).observe(node);
  }
})();
