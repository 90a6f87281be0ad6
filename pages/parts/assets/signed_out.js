// Drawn by the frame where nobody is signed in: the page is of no use any more.
location.replace("/login?next=" + encodeURIComponent(location.pathname + location.search));
