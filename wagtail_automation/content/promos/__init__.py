"""Web promos: bars, banners, pop-ups and slide-ins over the site's pages, and inline ones in them."""
