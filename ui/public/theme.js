// Sets theme and language before the first paint. A file of its own, because the content security policy allows no inline script.
(function () {
  var root = document.documentElement;
  var query = new URLSearchParams(location.search);
  try {
    var theme = query.get('theme') || localStorage.getItem('stathub.theme');
    if (theme === 'light' || theme === 'dark') root.dataset.theme = theme;
    var language = query.get('lang') || localStorage.getItem('stathub.language') || navigator.language;
    root.lang = /^zh/i.test(language) ? 'zh' : 'en';
  } catch {
    /* storage is forbidden here: the system's theme and English hold */
  }
})();
