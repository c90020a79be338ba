//! The names and prices that the shop starts with.

/// A top category: its id, its title and the categories below it.
pub type Top = (&'static str, &'static str, &'static [Shelf]);

/// A category that products stand in.
pub struct Shelf {
    pub id: &'static str,
    pub title: &'static str,
    /// Ends the description of each product: `... for <purpose>`.
    pub purpose: &'static str,
    pub tags: [&'static str; 2],
    /// Names and prices in cents.
    pub products: [(&'static str, i64); 5],
}

const fn shelf(
    id: &'static str,
    title: &'static str,
    purpose: &'static str,
    tags: [&'static str; 2],
    products: [(&'static str, i64); 5],
) -> Shelf {
    Shelf { id, title, purpose, tags, products }
}

/// Everything, in the order of the product ids.
pub const CATALOG: &[Top] = &[
    (
        "outdoor",
        "Outdoor",
        &[
            shelf(
                "tents",
                "Tents",
                "nights outside in any weather",
                ["camping", "shelter"],
                [
                    ("Ridgeline Tent", 34_990),
                    ("Lakeside Tent", 22_900),
                    ("Solo Bivouac", 14_950),
                    ("Family Dome", 41_900),
                    ("Storm Tarp", 7_990),
                ],
            ),
            shelf(
                "sleeping",
                "Sleeping bags and mats",
                "warm and even sleep",
                ["camping", "sleep"],
                [
                    ("Down Bag Zero", 29_900),
                    ("Summer Quilt", 11_950),
                    ("Foam Mat", 3_495),
                    ("Air Mat Light", 8_990),
                    ("Travel Pillow", 1_990),
                ],
            ),
            shelf(
                "packs",
                "Backpacks",
                "a day or a week on foot",
                ["hiking", "luggage"],
                [
                    ("Trek Pack 60", 18_990),
                    ("Day Pack 22", 6_950),
                    ("Trail Vest", 9_900),
                    ("Dry Sack Set", 2_990),
                    ("Hip Pack", 3_950),
                ],
            ),
            shelf(
                "stoves",
                "Stoves and pots",
                "a hot meal far from the kitchen",
                ["camping", "cooking"],
                [
                    ("Alpine Burner", 5_490),
                    ("Twin Stove", 9_990),
                    ("Titanium Pot", 4_450),
                    ("Nesting Pan Set", 6_290),
                    ("Folding Kettle", 2_790),
                ],
            ),
        ],
    ),
    (
        "kitchen",
        "Kitchen",
        &[
            shelf(
                "coffee",
                "Coffee",
                "the first cup of the day",
                ["coffee", "breakfast"],
                [
                    ("Hand Grinder", 7_900),
                    ("Pour-over Set", 4_250),
                    ("Moka Pot", 3_150),
                    ("Gooseneck Kettle", 6_990),
                    ("Cupping Spoon", 890),
                ],
            ),
            shelf(
                "knives",
                "Knives",
                "clean cuts and little effort",
                ["cooking", "steel"],
                [
                    ("Chef Knife 20", 11_900),
                    ("Paring Knife", 2_990),
                    ("Bread Knife", 5_450),
                    ("Whetstone", 3_890),
                    ("Magnet Rail", 2_450),
                ],
            ),
            shelf(
                "baking",
                "Baking",
                "bread, cake and everything between",
                ["baking", "oven"],
                [
                    ("Proofing Basket", 1_890),
                    ("Dough Scraper", 690),
                    ("Cast Iron Loaf Tin", 4_990),
                    ("Rolling Pin", 1_590),
                    ("Kitchen Scale", 2_990),
                ],
            ),
            shelf(
                "pans",
                "Pans",
                "even heat from edge to edge",
                ["cooking", "iron"],
                [
                    ("Iron Pan 28", 6_490),
                    ("Steel Wok", 5_290),
                    ("Casserole 5 L", 12_900),
                    ("Crepe Pan", 3_690),
                    ("Glass Lid", 1_490),
                ],
            ),
        ],
    ),
    (
        "office",
        "Office",
        &[
            shelf(
                "paper",
                "Paper",
                "thoughts that should stay",
                ["writing", "paper"],
                [
                    ("Dotted Notebook", 1_290),
                    ("Sketch Pad A4", 1_590),
                    ("Index Cards", 490),
                    ("Letter Set", 1_890),
                    ("Desk Planner", 2_190),
                ],
            ),
            shelf(
                "pens",
                "Pens",
                "a line that does not smear",
                ["writing", "ink"],
                [
                    ("Fountain Pen", 4_900),
                    ("Gel Pen Set", 990),
                    ("Mechanical Pencil", 1_450),
                    ("Brush Pen", 790),
                    ("Ink Bottle", 1_190),
                ],
            ),
            shelf(
                "lamps",
                "Lamps",
                "long evenings at the desk",
                ["light", "desk"],
                [
                    ("Desk Lamp", 7_950),
                    ("Clamp Lamp", 4_590),
                    ("Reading Light", 2_290),
                    ("Light Strip", 1_990),
                    ("Lamp Bulb E27", 590),
                ],
            ),
            shelf(
                "chairs",
                "Chairs",
                "a straight back",
                ["furniture", "desk"],
                [
                    ("Task Chair", 28_900),
                    ("Kneeling Stool", 13_900),
                    ("Foot Rest", 3_990),
                    ("Seat Cushion", 2_890),
                    ("Castor Set", 1_790),
                ],
            ),
        ],
    ),
    (
        "garden",
        "Garden",
        &[
            shelf(
                "tools",
                "Tools",
                "beds that are dug and hedges that are straight",
                ["tools", "steel"],
                [
                    ("Spade", 4_290),
                    ("Hand Fork", 1_390),
                    ("Pruning Shears", 3_490),
                    ("Hedge Trimmer", 15_900),
                    ("Leaf Rake", 2_390),
                ],
            ),
            shelf(
                "seeds",
                "Seeds",
                "a harvest of one's own",
                ["plants", "organic"],
                [
                    ("Tomato Seeds", 349),
                    ("Basil Seeds", 299),
                    ("Meadow Mix", 890),
                    ("Pumpkin Seeds", 329),
                    ("Seed Tray", 990),
                ],
            ),
            shelf(
                "watering",
                "Watering",
                "plants that outlast the summer",
                ["water", "plants"],
                [
                    ("Watering Can", 2_190),
                    ("Drip Kit", 5_990),
                    ("Garden Hose 25 m", 3_990),
                    ("Rain Gauge", 990),
                    ("Spray Nozzle", 1_290),
                ],
            ),
            shelf(
                "birds",
                "Birds",
                "guests at the window",
                ["birds", "wood"],
                [
                    ("Nest Box", 2_490),
                    ("Feeder", 1_990),
                    ("Seed Mix 5 kg", 1_290),
                    ("Bird Bath", 3_290),
                    ("Suet Balls", 590),
                ],
            ),
        ],
    ),
    (
        "cycling",
        "Cycling",
        &[
            shelf(
                "lights",
                "Bicycle lights",
                "being seen in the dark",
                ["safety", "light"],
                [
                    ("Front Light 80", 5_990),
                    ("Rear Light", 2_490),
                    ("Helmet Light", 1_990),
                    ("Dynamo Hub", 8_900),
                    ("Reflector Set", 690),
                ],
            ),
            shelf(
                "bags",
                "Bags",
                "carrying it all without a rucksack",
                ["luggage", "travel"],
                [
                    ("Pannier Pair", 12_900),
                    ("Handlebar Bag", 5_490),
                    ("Saddle Bag", 2_990),
                    ("Frame Bag", 4_490),
                    ("Top Tube Pouch", 1_990),
                ],
            ),
            shelf(
                "repair",
                "Repair",
                "getting home by one's own hand",
                ["tools", "repair"],
                [
                    ("Multitool 18", 2_990),
                    ("Floor Pump", 4_990),
                    ("Tyre Levers", 490),
                    ("Patch Kit", 390),
                    ("Chain Checker", 1_190),
                ],
            ),
            shelf(
                "helmets",
                "Helmets",
                "a head that stays whole",
                ["safety", "wear"],
                [
                    ("City Helmet", 6_990),
                    ("Road Helmet", 11_900),
                    ("Child Helmet", 3_990),
                    ("Trail Helmet", 9_490),
                    ("Rain Cover", 1_490),
                ],
            ),
        ],
    ),
    (
        "media",
        "Media",
        &[
            shelf(
                "books",
                "Books",
                "slow evenings",
                ["reading", "paper"],
                [
                    ("Atlas of Small Islands", 3_200),
                    ("The Bread Book", 2_800),
                    ("Knots and How to Tie Them", 1_490),
                    ("Field Guide to Birds", 2_490),
                    ("A History of Tea", 1_990),
                ],
            ),
            shelf(
                "ebooks",
                "E-books",
                "a shelf that fits a pocket",
                ["reading", "download"],
                [
                    ("Cycling Across the Alps", 999),
                    ("Fermentation at Home", 1_299),
                    ("Night Sky Month by Month", 799),
                    ("Repairing Things", 1_099),
                    ("One Pot, Thirty Meals", 899),
                ],
            ),
            shelf(
                "maps",
                "Maps",
                "finding the way without a signal",
                ["hiking", "paper"],
                [
                    ("Trail Map Harz", 1_190),
                    ("Trail Map Tatra", 1_290),
                    ("River Map Elbe", 1_090),
                    ("City Map Leipzig", 690),
                    ("Map Case", 1_990),
                ],
            ),
            shelf(
                "games",
                "Games",
                "rainy Sundays",
                ["games", "family"],
                [
                    ("Travel Chess", 2_490),
                    ("Card Deck", 790),
                    ("Dice Set", 990),
                    ("Tile Game", 3_490),
                    ("Puzzle 1000", 1_890),
                ],
            ),
        ],
    ),
];
