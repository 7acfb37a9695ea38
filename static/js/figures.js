// The page of a figure: its trend with target lines, and the button that copies its citation.
// The table on the page has every figure; tooltips are drawn inside the chart (no inline style).
(function () {
  "use strict";

  for (const part of document.querySelectorAll("[data-needs-js]")) part.hidden = false;
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.addEventListener("click", function () {
      const field = document.getElementById(button.dataset.copy);
      const said = button.parentNode.querySelector("[data-copied]");
      field.select();
      const done = navigator.clipboard ? navigator.clipboard.writeText(field.value) : Promise.reject(new Error("none"));
      done.then(function () { said.textContent = "Copied."; }, function () { said.textContent = "Selected. Copy it with your keyboard."; });
    });
  }

  if (typeof echarts === "undefined") return;
  const STILL = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const FONT = "Source Sans Pro Web, Helvetica Neue, Helvetica, Arial, sans-serif";
  const INK = "#1b1b1b", SOFT = "#565c65", LINE = "#162e51", TARGET = "#b50909";

  function words(data) {
    return new Intl.NumberFormat("en-US", { minimumFractionDigits: data.decimals, maximumFractionDigits: data.decimals });
  }

  function targetSeries(target) {
    return {
      name: target.name, type: "line", symbol: "none", silent: true, tooltip: { show: false },
      data: [[target.first, target.value], [target.last, target.value]],
      lineStyle: { width: 1.5, type: "dashed", color: TARGET },
      endLabel: { show: false },
      markPoint: {
        silent: true, symbol: "rect", symbolSize: [1, 1], itemStyle: { color: "transparent" },
        data: [{ coord: [target.first, target.value], label: { show: true, formatter: target.name, position: [4, -16], align: "left", color: TARGET, fontSize: 13, fontFamily: FONT } }],
      },
    };
  }

  function options(data) {
    const number = words(data);
    return {
      animation: !STILL, animationDuration: 300,
      textStyle: { fontFamily: FONT, color: INK },
      grid: { left: 4, right: 44, top: 36, bottom: 4, containLabel: true },
      tooltip: {
        trigger: "axis", renderMode: "richText", confine: true, backgroundColor: "#ffffff", borderColor: "#a9aeb1",
        textStyle: { color: INK, fontSize: 13, fontFamily: FONT },
        axisPointer: { type: "line", lineStyle: { color: SOFT } },
        formatter: function (points) {
          const point = points.find(function (item) { return item.seriesName === data.name; });
          if (!point) return "";
          const value = point.value[1];
          return point.value[0] + "\n" + (value === null ? "no value" : number.format(value) + " " + data.unit);
        },
      },
      xAxis: { type: "time", axisLabel: { color: SOFT, hideOverlap: true }, axisLine: { lineStyle: { color: "#a9aeb1" } } },
      yAxis: {
        type: "value", name: data.unit, scale: false, minInterval: data.decimals ? undefined : 1,
        nameLocation: "end", nameTextStyle: { color: SOFT, align: "left", fontSize: 13 },
        axisLabel: { color: SOFT, formatter: function (value) { return new Intl.NumberFormat("en-US").format(value); } },
        splitLine: { lineStyle: { color: "#dfe1e2" } },
      },
      series: [{
        name: data.name, type: "line", data: data.points, symbol: "circle", symbolSize: 3, showAllSymbol: false,
        lineStyle: { width: 2, color: LINE }, itemStyle: { color: LINE }, emphasis: { disabled: true },
        markLine: { silent: true, symbol: "none", data: [{ xAxis: data.day }], lineStyle: { color: SOFT, type: "dotted" }, label: { formatter: data.day, color: SOFT, fontSize: 12, fontFamily: FONT } },
      }].concat(data.targets.map(targetSeries)),
    };
  }

  for (const node of document.querySelectorAll("[data-trend]")) {
    const chart = echarts.init(node, null, { renderer: "svg" });
    chart.setOption(options(JSON.parse(document.getElementById(node.dataset.trend).textContent)));
    new ResizeObserver(function () { chart.resize(); }).observe(node);
  }
})();
