"""A simulation instead of a learner
=================================

Which choices make a pumped-storage power plant pay? A simulation, not a learner, is explained.

The plant pumps water up a mountain while power is cheap, and lets it down through a turbine while it is
dear. The mountain is real: the elevation of the Jacksboro fault in Tennessee, which matplotlib ships.
Some plans fail, because the ground is too low where the upper basin should be. 600 random plans of ten
choices, of which one only exists beside another, are explained in words; then the simulation checks 40
plans on which the explanation rests, and much that was uncertain is clear.
"""

import math
import time

import matplotlib.cbook
import numpy as np
from ConfigSpace import Categorical, ConfigurationSpace, EqualsCondition, Float

from skhypershap import HyperSHAPExplainer
from skhypershap.plotting import plot_importance

GRAVITY, DENSITY, VISCOSITY = 9.81, 1000.0, 1.1e-6  # m/s2; kg/m3 and m2/s of water at 16 °C
ROUGHNESS = {"rock": 0.1, "concrete": 1.5e-3, "steel": 1e-4}  # of the tunnel, in m
LINING_COST = {"rock": 0.0, "concrete": 0.6, "steel": 1.9}  # thousand euros per m2 of wall
STEP = 0.25  # hours
HOURS = np.arange(0, 24, STEP)
PRICE = 75 + 35 * np.sin(np.pi * (HOURS - 5) / 6)  # euros per MWh: dear at 8 and at 20 o'clock
LOWEST_HEAD = 60.0  # m: no turbine of this kind below
MOST_LOST = 0.3  # of the head: a tunnel that is too narrow lets less through
N_TRIALS = 600


def terrain():
    """Elevations in m, and the size of a cell in m: from north to south, from west to east."""
    data = matplotlib.cbook.get_sample_data("jacksboro_fault_dem.npz")
    degree = 111_200.0  # m, along a meridian
    latitude = math.radians(float(data["ymin"] + data["ymax"]) / 2)
    return (
        data["elevation"].astype(float),
        float(data["dy"]) * degree,
        float(data["dx"]) * degree * math.cos(latitude),
    )


ELEVATION, CELL_SOUTH, CELL_EAST = terrain()
RIVER = (170, 230)  # row and column of the lower basin, at the foot of the mountain


def head_of(distance, bearing):
    """Height of the upper basin above the lower one, NaN beyond the map."""
    angle = math.radians(bearing)
    south = RIVER[0] - 1000 * distance * math.cos(angle) / CELL_SOUTH
    east = RIVER[1] + 1000 * distance * math.sin(angle) / CELL_EAST
    row, column = round(south), round(east)
    if not (0 <= row < ELEVATION.shape[0] and 0 <= column < ELEVATION.shape[1]):
        return math.nan
    return ELEVATION[row, column] - ELEVATION[RIVER]


def friction_loss(flow, diameter, length, lining):
    """Head that is lost in a tunnel, in m: Darcy and Weisbach, with the factor of Swamee and Jain."""
    speed = flow / (math.pi * diameter**2 / 4)
    reynolds = speed * diameter / VISCOSITY
    roughness = ROUGHNESS[lining] / diameter
    factor = 0.25 / math.log10(roughness / 3.7 + 5.74 / reynolds**0.9) ** 2
    return factor * length / diameter * speed**2 / (2 * GRAVITY)


def profit(plan):
    """Thousand euros per day, after the cost of building; NaN where the plant cannot be built."""
    head = head_of(plan["distance"], plan["bearing"])
    if not head >= LOWEST_HEAD:
        return math.nan
    length = math.hypot(1000 * plan["distance"], head)
    diameter, lining = plan["diameter"], plan["lining"]
    flow = plan["flow"]
    loss = friction_loss(flow, diameter, length, lining)
    flow *= min(
        1.0, math.sqrt(MOST_LOST * head / loss)
    )  # the loss grows with the square of the flow
    pumped = flow * plan.get("pump_share", 0.8)  # a reversible machine pumps less than it turbines
    down = head - friction_loss(flow, diameter, length, lining)
    up = head + friction_loss(pumped, diameter, length, lining)
    efficiency = 0.88 if plan["machine"] == "reversible" else 0.92
    generated = GRAVITY * DENSITY * flow * max(down, 0) * efficiency / 1e6  # MW
    used = GRAVITY * DENSITY * pumped * up / efficiency / 1e6  # MW
    basin, level, income = 3600 * flow * plan["hours"], 0.0, 0.0
    for price in np.concatenate([PRICE, PRICE]):  # the first day fills the basin
        if price >= plan["sell_above"] and level >= 3600 * STEP * flow:
            level -= 3600 * STEP * flow
            income += STEP * generated * price
        elif price <= plan["buy_below"] and level + 3600 * STEP * pumped <= basin:
            level += 3600 * STEP * pumped
            income -= STEP * used * price
    walls = math.pi * diameter * length * (0.5 + LINING_COST[lining])
    machines = 260 * generated + (170 * used if plan["machine"] == "separate" else 0)
    digging = 0.07 * math.pi * diameter**2 / 4 * length + 0.004 * basin
    per_day = 0.05 / 365  # of the cost: interest and repayment
    return (income / 2000) - per_day * (walls + machines + digging)


def space_of_plans():
    """What can be chosen, and a plan that an engineer may begin with as the default."""
    space = ConfigurationSpace(seed=0)
    machine = Categorical("machine", ["reversible", "separate"])
    pump_share = Float("pump_share", (0.3, 1.5), default=0.8)
    space.add(
        Float("distance", (0.5, 8.0), default=3.0),  # km
        Float("bearing", (180.0, 330.0), default=270.0),  # degrees: south, west, north-west
        Float("flow", (5.0, 80.0), log=True, default=20.0),  # m3/s
        Float("diameter", (1.0, 6.0), log=True, default=3.0),  # m
        Categorical("lining", ["concrete", "steel", "rock"]),
        machine,
        pump_share,
        Float("hours", (1.0, 12.0), default=6.0),  # until the upper basin is empty
        Float("sell_above", (60.0, 110.0), default=80.0),  # euros per MWh
        Float("buy_below", (40.0, 80.0), default=50.0),
    )
    space.add(EqualsCondition(pump_share, machine, "separate"))
    return space


def main():
    start = time.perf_counter()
    space = space_of_plans()
    plans = space.sample_configuration(N_TRIALS)
    explainer = HyperSHAPExplainer(
        space,
        metric="profit",
        baseline_score=profit(space.get_default_configuration()),
        random_state=0,
    )
    explainer.fit(plans, list(map(profit, plans)))
    print(f"{time.perf_counter() - start:.0f} s to simulate {N_TRIALS} plans and to fit.\n")
    print("Profits are in thousand euros per day.\n")
    print(explainer.summary(), "\n")

    print("Now the simulation checks 40 plans on which the explanation rests ...\n")
    asked = explainer.ask(40)
    explainer.tell(asked, list(map(profit, asked)))
    print(explainer.summary(), "\n")

    print("If only some may be changed:\n")
    print(
        explainer.best_subsets()[["size", "hyperparameters", "gain", "share"]].round(2).to_string()
    )
    plot_importance(explainer.explain()).figure.savefig("explanation.png", dpi=150)
    print("\nPicture: explanation.png")
    print(f"{time.perf_counter() - start:.0f} s in all.")


if __name__ == "__main__":
    main()
