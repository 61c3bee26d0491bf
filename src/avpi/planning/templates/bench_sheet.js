"use strict";
(function () {
  var button = document.getElementById("start");
  if (!button) { return; }
  var clock = document.getElementById("clock");
  var rows = Array.prototype.slice.call(document.querySelectorAll("#harvests tbody tr"));
  function at(start, minutes) { return new Date(start.getTime() + minutes * 60000); }
  function told(time) { return time.toTimeString().slice(0, 8); }
  button.addEventListener("click", function () {
    var start = new Date();
    button.disabled = true;
    rows.forEach(function (row) {
      var dose = parseFloat(row.dataset.dose), lyse = parseFloat(row.dataset.lyse);
      if (dose !== lyse) { row.querySelector(".dose-clock").textContent = told(at(start, dose)); }
      row.querySelector(".lyse-clock").textContent = told(at(start, lyse));
    });
    window.setInterval(function () {
      var now = new Date();
      clock.textContent = told(now) + ", started " + told(start);
      rows.forEach(function (row) {
        var minutes = (at(start, parseFloat(row.dataset.lyse)) - now) / 60000;
        var left = row.querySelector(".left");
        left.textContent = minutes > 0 ? Math.floor(minutes) + " min " + Math.floor((minutes % 1) * 60) + " s" : "lyse";
        left.classList.toggle("due", minutes < 1);
      });
    }, 1000);
  });
})();
