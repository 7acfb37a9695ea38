// Charts of panels. Data comes from a json_script element; every chart has its table on the same page.
// Tooltips are drawn inside the chart (richText): the page's policy allows no inline style.
(function () {
  "use strict";
  if (typeof echarts === "undefined") return;

  const STILL = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const FONT = "Source Sans Pro Web, Helvetica Neue, Helvetica, Arial, sans-serif";
  // Dark, middle, light: told apart without seeing color, by their order, their line and their label as well.
  const LOOKS = {
    JEM: { color: "#162e51", line: "solid" },
    WSO: { color: "#2672de", line: "dashed" },
    TFM: { color: "#97d4ea", line: "solid" },
    JOINT: { color: "#6f3331", line: "dotted" },
  };
  const OTHER = { color: "#71767a", line: "dotted" };
  const number = new Intl.NumberFormat("en-US");

  function tooltip(points) {
    const total = points.reduce(function (sum, point) { return sum + point.value[1]; }, 0);
    const lines = points.slice().reverse().map(function (point) {
      return point.seriesName + "  " + number.format(point.value[1]);
    });
    return ["List of " + points[0].value[0], "Listed  " + number.format(total)].concat(lines).join("\n");
  }

  function series(data, item) {
    const look = LOOKS[item.name] || OTHER;
    return {
      name: item.name,
      type: "line",
      stack: "listed",
      data: data.days.map(function (day, i) { return [day, item.values[i]]; }),
      symbol: "circle",
      symbolSize: 3,
      showAllSymbol: true,
      lineStyle: { width: 1.5, type: look.line, color: look.color },
      itemStyle: { color: look.color },
      areaStyle: { color: look.color, opacity: 0.85 },
      emphasis: { disabled: true },
      endLabel: {
        show: true,
        formatter: function (point) { return item.name + " " + number.format(point.value[1]); },
        color: "#1b1b1b", fontSize: 13, fontFamily: FONT, distance: 6,
      },
      labelLayout: { moveOverlap: "shiftY" },
    };
  }

  function options(data, narrow) {
    return {
      animation: !STILL,
      animationDuration: 300,
      textStyle: { fontFamily: FONT, color: "#1b1b1b" },
      grid: { left: 4, right: narrow ? 76 : 92, top: 16, bottom: 4, containLabel: true },
      tooltip: {
        trigger: "axis", renderMode: "richText", formatter: tooltip, confine: true,
        backgroundColor: "#ffffff", borderColor: "#a9aeb1", textStyle: { color: "#1b1b1b", fontSize: 13, fontFamily: FONT },
        axisPointer: { type: "line", lineStyle: { color: "#565c65" } },
      },
      xAxis: {
        type: "time", splitNumber: narrow ? 3 : 6,
        axisLabel: { color: "#565c65", hideOverlap: true },
        axisLine: { lineStyle: { color: "#a9aeb1" } },
      },
      yAxis: {
        type: "value", minInterval: 1,
        axisLabel: { color: "#565c65", formatter: function (value) { return number.format(value); } },
        splitLine: { lineStyle: { color: "#dfe1e2" } },
      },
      series: data.series.map(function (item) { return series(data, item); }),
    };
  }

  /** The first day that a chosen span shows. */
  function firstDay(data, span) {
    if (span === "all") return data.days[0];
    const last = new Date(data.days[data.days.length - 1] + "T00:00:00Z");
    last.setUTCDate(last.getUTCDate() - Number(span));
    return last.toISOString().slice(0, 10);
  }

  function draw(node) {
    const data = JSON.parse(document.getElementById(node.dataset.chart).textContent);
    const chart = echarts.init(node, null, { renderer: "svg" });
    chart.setOption(options(data, node.clientWidth < 480));
    new ResizeObserver(function () {
      chart.resize();
      chart.setOption({ grid: { right: node.clientWidth < 480 ? 76 : 92 } });
    }).observe(node);
    for (const button of document.querySelectorAll('[aria-controls="' + node.id + '"][data-chart-span]')) {
      button.addEventListener("click", function () {
        for (const other of button.parentNode.querySelectorAll("[data-chart-span]")) {
          other.setAttribute("aria-pressed", String(other === button));
        }
        chart.setOption({ xAxis: { min: firstDay(data, button.dataset.chartSpan) } });
      });
    }
  }

  for (const node of document.querySelectorAll("[data-chart]")) draw(node);
})();
