// What pages do beyond being read; without this they are complete, and updated by loading them again.
(function () {
  "use strict";

  function each(nodes, act) {
    for (var i = 0; i < nodes.length; i += 1) { act(nodes[i]); }
  }

  function named(root, attribute, name) {
    var found = root.querySelectorAll("[" + attribute + "]");
    for (var i = 0; i < found.length; i += 1) {
      if (found[i].getAttribute(attribute) === name) { return found[i]; }
    }
    return null;
  }

  function made(html, inside) {
    var holder = document.createElement(inside ? inside.tagName : "div");
    holder.innerHTML = html;
    return holder.firstElementChild;
  }

  // Somebody who is typing or stands on a link stays there when it is replaced.
  function place(active) {
    if (!active || !active.getAttribute) { return ""; }
    return active.getAttribute("data-stands") || active.id || active.getAttribute("href") || active.getAttribute("value");
  }

  function replace(old, fresh) {
    var open = [];
    each(old.querySelectorAll("details"), function (one) { open.push(one.open); });
    old.parentNode.replaceChild(fresh, old);
    each(fresh.querySelectorAll("details"), function (one) { one.open = open.shift() || false; });
  }

  function stand(main, where) {
    if (!where || place(document.activeElement) === where) { return; }
    each(main.querySelectorAll("a, button, input, select, textarea, summary"), function (one) {
      if (place(one) === where) { one.focus({ preventScroll: true }); }
    });
  }

  function update(main, news) {
    var fresh = {}, name, active = document.activeElement, where = main.contains(active) ? place(active) : "";
    for (name in news.pieces) {
      if (Object.prototype.hasOwnProperty.call(news.pieces, name)) {
        var old = named(main, "data-piece", name);
        if (old) { replace(old, made(news.pieces[name], old.parentNode)); } else { fresh[name] = news.pieces[name]; }
      }
    }
    for (name in news.lists) {
      if (Object.prototype.hasOwnProperty.call(news.lists, name)) {
        var list = named(main, "data-list", name);
        if (!list) { window.location.reload(); return; }
        order(list, news.lists[name], fresh);
      }
    }
    stand(main, where);
  }

  function order(list, keys, fresh) {
    var there = {};
    each(Array.prototype.slice.call(list.children), function (one) {
      var key = one.getAttribute("data-piece");
      if (keys.indexOf(key) < 0) { list.removeChild(one); } else { there[key] = one; }
    });
    keys.forEach(function (key, index) {
      var one = there[key];
      if (!one && fresh[key]) { one = made(fresh[key], list); one.className += " new"; }
      if (one && list.children[index] !== one) { list.insertBefore(one, list.children[index] || null); }
    });
  }

  function follow(main) {
    var pulse = document.querySelector("[data-pulse]"), source = null, address = main.getAttribute("data-stream"), last = "";

    function say(state) {
      if (!pulse) { return; }
      pulse.className = "pulse " + state;
      var text = pulse.getAttribute("data-" + state);
      if (pulse.textContent !== text) { pulse.textContent = text; }
    }

    // Whose link has ended is told so by the page itself.
    function ask() {
      var asked = new XMLHttpRequest();
      asked.onload = function () { if (asked.status === 403) { window.location.reload(); } };
      asked.open("HEAD", window.location.href);
      asked.send();
    }

    function begin() {
      if (source) { return; }
      source = new EventSource(last ? address.replace(/([?&]since=)[^&]*/, "$1" + encodeURIComponent(last)) : address);
      source.onopen = function () { say("live"); };
      source.onmessage = function (event) {
        last = event.lastEventId;
        update(main, JSON.parse(event.data));
      };
      source.onerror = function () {
        say("lost");
        if (source && source.readyState === 2) {
          source = null;
          ask();
          window.setTimeout(begin, 10000);
        }
      };
    }

    function end() {
      if (source) { source.close(); source = null; }
    }

    begin();
    document.addEventListener("visibilitychange", function () { if (document.hidden) { end(); } else { begin(); } });
    window.addEventListener("pagehide", end);
    window.addEventListener("pageshow", function (event) { if (event.persisted) { begin(); } });
  }

  var main = document.querySelector("[data-stream]");
  if (main && window.EventSource) { follow(main); }

  each(document.querySelectorAll("[data-copy]"), function (button) {
    button.addEventListener("click", function () {
      var field = document.getElementById(button.getAttribute("data-copy"));
      function done() { button.textContent = button.getAttribute("data-done"); }
      function byHand() { field.focus(); field.select(); if (document.execCommand("copy")) { done(); } }
      if (navigator.clipboard && window.isSecureContext) { navigator.clipboard.writeText(field.value).then(done, byHand); } else { byHand(); }
    });
  });

  // Whoever is led to a part that is folded finds it open.
  each(document.querySelectorAll("[data-unfolds]"), function (link) {
    link.addEventListener("click", function () {
      var part = document.getElementById(link.getAttribute("data-unfolds"));
      if (!part) { return; }
      part.open = true;
      // The way to the anchor takes the focus away once more.
      window.setTimeout(function () { part.querySelector("input:not([type=hidden])").focus(); }, 0);
    });
  });

  // Loading the page again must not make a second code.
  var codes = document.querySelector("[data-address]");
  if (codes && window.history.replaceState) { window.history.replaceState(null, "", codes.getAttribute("data-address")); }

  each(document.querySelectorAll("[data-left]"), function (choice) {
    choice.addEventListener("change", function () {
      var uses = document.getElementById("uses");
      if (uses) { uses.value = choice.getAttribute("data-left"); }
    });
  });

  // A link's secret stands behind the #, which no browser sends; it is handed over when somebody taps.
  var enter = document.querySelector("[data-enter]");
  if (enter && window.location.hash.length > 1) {
    document.getElementById("code").value = decodeURIComponent(window.location.hash.slice(1));
    enter.querySelector("[data-code]").hidden = true;
    // Who reads another language must not lose it.
    var tongue = document.querySelector(".tongue");
    if (tongue) { tongue.hash = window.location.hash; }
    if (window.history.replaceState) { window.history.replaceState(null, "", window.location.pathname); }
  }
}());
