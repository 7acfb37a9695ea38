// In the head: says that scripts run, so that menus may start closed. Without it they stay open (site.css, .no-js).
document.documentElement.classList.replace("no-js", "js");
